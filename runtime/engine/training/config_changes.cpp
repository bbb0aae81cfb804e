#include "runtime/engine/training/config_changes.h"

#include <vector>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace orrery {

std::string config_changes(const std::string& then, const std::string& now) {
  using nlohmann::json;
  const json before = json::parse(then, nullptr, false), after = json::parse(now, nullptr, false);
  if (!before.is_object() || !after.is_object()) return fmt::format("'{}' then, '{}' now", then, now);
  std::vector<std::string> changes;
  for (const auto& [key, value] : before.items()) {
    if (!after.contains(key))
      changes.push_back(fmt::format("{} = {} then", key, value.dump()));
    else if (after[key] != value)
      changes.push_back(fmt::format("{} = {} then, {} now", key, value.dump(), after[key].dump()));
  }
  for (const auto& [key, value] : after.items())
    if (!before.contains(key)) changes.push_back(fmt::format("{} = {} now", key, value.dump()));
  return fmt::format("{}", fmt::join(changes, "; "));
}

}  // namespace orrery
