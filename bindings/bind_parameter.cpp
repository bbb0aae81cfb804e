#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"

namespace orrery::lua {
namespace {

// What is not known before the tensor exists is the engine's: `p.grad`, `p:sub_(…)`, `p:tolist()`.
int index_parameter(lua_State* L) {
  const Parameter& parameter = get<Parameter>(L, 1);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "name") return push_text(L, parameter.name), 1;
  if (key == "shape") return push_shape(L, parameter.shape), 1;
  if (key == "dtype") return push_text(L, std::string(name(parameter.dtype))), 1;
  if (key == "requires_grad") return lua_pushboolean(L, parameter.trainable), 1;
  if (key == "site") return push_text(L, parameter.site.str()), 1;
  push_engine_function(L, "parameter_member");
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_call(L, 2, 1);
  return lua_isnil(L, -1) && key != "grad" ? 0 : 1;
}

// `p.grad = nil`, `p.requires_grad = false`
int set_member(lua_State* L) {
  Parameter& parameter = get<Parameter>(L, 1);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "requires_grad") {
    check(lua_isboolean(L, 3), Fault::usage, "requires_grad must be true or false, got {}", type_name(L, 3));
    check(!parameter.buffer || !lua_toboolean(L, 3), Fault::usage, "{} is a buffer, which is never trained",
          parameter.name);
    parameter.trainable = lua_toboolean(L, 3) != 0;
    return 0;
  }
  push_engine_function(L, "set_parameter_member");
  lua_insert(L, 1);
  lua_call(L, 3, 0);
  return 0;
}

// core.name_parameter(parameter, name): unless it has a name
int name_parameter(lua_State* L) {
  Parameter& parameter = get<Parameter>(L, 1);
  if (parameter.name.empty()) parameter.name = read_string(L, 2, "name_parameter", "name");
  return 0;
}

std::string text_of_parameter(void* object) {
  const Parameter& p = *static_cast<Parameter*>(object);
  const char* kind = p.buffer ? "Buffer" : "Parameter";
  return fmt::format("{} {} {} {}{}", kind, p.name, str(p.shape), name(p.dtype),
                     p.buffer || p.trainable ? "" : " (frozen)");
}

}  // namespace

void push_parameters(lua_State* L, const std::vector<ParameterPtr>& parameters) {
  lua_createtable(L, static_cast<int>(parameters.size()), 0);
  for (size_t i = 0; i < parameters.size(); ++i) {
    push(L, parameters[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

void open_parameter(lua_State* L) {
  std::vector<luaL_Reg> metamethods = operators();
  metamethods.push_back({"__newindex", guarded<set_member>});
  define_class<Parameter>(L,
                          {.metamethods = metamethods, .index = index_parameter, .text = text_of_parameter});
  add_functions(L, {{"name_parameter", guarded<name_parameter>}});
}

}  // namespace orrery::lua
