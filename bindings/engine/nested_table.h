#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <lua.hpp>

namespace orrery::lua {

/// The numbers of a nested table of numbers or booleans, or one of them. Reads without calling Lua code.
class NestedTable {
 public:
  /// Throws `Error(Fault::usage)` for anything else, and for lists of different lengths. `function` begins
  /// the messages.
  NestedTable(lua_State* L, int index, std::string function);

  at::Tensor tensor(const at::TensorOptions& options) const;
  bool boolean() const { return boolean_; }

 private:
  void measure(int index);
  void read(size_t depth);
  void read_element();

  lua_State* L_;
  std::string function_;
  std::vector<std::int64_t> sizes_;
  std::vector<double> numbers_;
  bool boolean_ = false;
};

}  // namespace orrery::lua
