#pragma once

#include "runtime/graph/rules.h"

namespace orrery {

RuleGroup rules_of_operations();
RuleGroup rules_of_blocks();
RuleGroup rules_of_graph();
RuleGroup rules_of_optimizers();
RuleGroup rules_of_governors();
RuleGroup rules_of_training();
RuleGroup rules_of_runs();

}  // namespace orrery
