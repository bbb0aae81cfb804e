#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/engine/training/updater.h"

namespace orrery::testing {

/// The options of an optimizer, those that are not given as they are described.
inline Attributes options(const std::string& kind, const nlohmann::json& given) {
  std::vector<Attributes::Entry> entries;
  for (const auto& [key, value] : given.items()) {
    if (value.is_boolean())
      entries.push_back({key, value.get<bool>()});
    else if (value.is_array())
      entries.push_back({key, value.get<std::vector<double>>()});
    else if (value.is_string())
      entries.push_back({key, value.get<std::string>()});
    else
      entries.push_back({key, value.get<double>()});
  }
  return checked_attributes(optimizer_kind(kind).attributes, entries);
}

/// An optimizer of one group: p0, p1 and so on.
inline std::unique_ptr<Updater> updater_over(const std::vector<at::Tensor>& parameters,
                                             const std::string& kind, const nlohmann::json& given) {
  UpdateGroup group{{}, parameters, options(kind, given)};
  for (size_t i = 0; i < parameters.size(); ++i) group.keys.push_back("p" + std::to_string(i));
  return Updater::make(kind, {group});
}

inline std::unique_ptr<Updater> momentum_over(const std::vector<at::Tensor>& parameters) {
  return updater_over(parameters, "SGD", {{"lr", 0.1}, {"momentum", 0.9}, {"dampening", 0.5}});
}

}  // namespace orrery::testing
