#pragma once

#include <string>
#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// The carry of an `orrery.scan`: one value, or a table of them, tables inside included.
class LuaCarry {
 public:
  /// As the node that ends the loop tells.
  explicit LuaCarry(const Node& end);

  /// How many values it is made of.
  std::size_t size() const { return names_.size(); }
  bool is_single() const { return names_.size() == 1 && names_[0].empty(); }
  /// How one of them is reached: `carry.h`, `carry[1]`.
  std::string member(const std::string& carry, std::size_t at) const;
  /// The carry made of values: `{ h = x, c = y }`; `nil` without any.
  std::string table(const std::vector<std::string>& values) const;

 private:
  std::string table_within(const std::string& prefix, const std::vector<std::string>& values,
                           std::size_t& at) const;

  std::vector<std::string> names_;
};

}  // namespace orrery
