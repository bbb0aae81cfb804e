#include "bindings/engine/nested_table.h"

#include <ATen/ATen.h>

#include "bindings/lua_object.h"
#include "bindings/lua_ref.h"
#include "runtime/core/error.h"

namespace orrery::lua {

NestedTable::NestedTable(lua_State* L, int index, std::string function)
    : L_(L), function_(std::move(function)) {
  measure(index);
  lua_pushvalue(L, index);
  read(0);
  lua_pop(L, 1);
}

at::Tensor NestedTable::tensor(const at::TensorOptions& options) const {
  return at::tensor(numbers_, at::kDouble).view(sizes_).to(options);
}

void NestedTable::measure(int index) {
  StackGuard guard(L_);
  lua_pushvalue(L_, index);
  while (lua_istable(L_, -1)) {
    luaL_checkstack(L_, 2, "too many dimensions");
    check(sizes_.size() < 64, Fault::usage, "{}: more than 64 dimensions", function_);
    sizes_.push_back(static_cast<std::int64_t>(lua_objlen(L_, -1)));
    lua_rawgeti(L_, -1, 1);
  }
  boolean_ = lua_isboolean(L_, -1);
}

void NestedTable::read(size_t depth) {
  if (depth == sizes_.size()) return read_element();
  check(lua_istable(L_, -1) && static_cast<std::int64_t>(lua_objlen(L_, -1)) == sizes_[depth], Fault::usage,
        "{}: the lists at depth {} differ in length: expected {} elements, got {}", function_, depth + 1,
        sizes_[depth], lua_istable(L_, -1) ? std::to_string(lua_objlen(L_, -1)) : type_name(L_, -1));
  luaL_checkstack(L_, 2, "too many dimensions");
  for (std::int64_t i = 1; i <= sizes_[depth]; ++i) {
    lua_rawgeti(L_, -1, static_cast<int>(i));
    read(depth + 1);
    lua_pop(L_, 1);
  }
}

void NestedTable::read_element() {
  const bool fits = boolean_ ? lua_isboolean(L_, -1) : lua_type(L_, -1) == LUA_TNUMBER;
  check(fits, Fault::usage, "{}: expected {}, got {}", function_, boolean_ ? "true or false" : "a number",
        type_name(L_, -1));
  numbers_.push_back(boolean_ ? lua_toboolean(L_, -1) : lua_tonumber(L_, -1));
}

}  // namespace orrery::lua
