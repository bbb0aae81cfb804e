#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "runtime/graph/finding.h"

namespace orrery {

/// What people are told of a rule: `orrery help invariants`, docs/invariants.md, and the number beside a
/// finding. The rule itself is a function of runtime/graph/invariants or runtime/governors/invariants, or
/// part of the call that can break it.
struct Rule {
  std::string_view number;  ///< `O101`; never given to another rule
  std::string_view code;    ///< `shape-mismatch`
  Severity severity;
  std::string_view what;     ///< what is wrong
  std::string_view example;  ///< a message
  std::string_view remedy;   ///< what to do
};

/// Rules of one kind; their numbers begin with the same digit.
struct RuleGroup {
  std::string_view title;
  std::vector<Rule> rules;
};

/// All of them, in the order of their numbers.
const std::vector<RuleGroup>& rule_groups();

/// By number or code, in capitals or not; null when there is none.
const Rule* find_rule(std::string_view name);

}  // namespace orrery
