#include "runtime/graph/rules.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "runtime/graph/rules/tables.h"

namespace orrery {

const std::vector<RuleGroup>& rule_groups() {
  static const std::vector<RuleGroup> kGroups = {
      rules_of_operations(), rules_of_blocks(),   rules_of_graph(), rules_of_optimizers(),
      rules_of_governors(),  rules_of_training(), rules_of_runs()};
  return kGroups;
}

const Rule* find_rule(std::string_view name) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  for (const RuleGroup& group : rule_groups())
    for (const Rule& rule : group.rules)
      if (std::ranges::equal(name, rule.number, same) || std::ranges::equal(name, rule.code, same))
        return &rule;
  return nullptr;
}

}  // namespace orrery
