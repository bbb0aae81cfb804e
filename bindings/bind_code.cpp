// Graphs as source code.
#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/codegen/cpp.h"
#include "runtime/codegen/keras.h"
#include "runtime/codegen/lua.h"
#include "runtime/codegen/pytorch.h"

namespace orrery::lua {
namespace {

// core.pytorch_code(graph) → a Python module as text, { what of its training a person has to write, … }
int write_pytorch(lua_State* L) {
  const PytorchCode code = pytorch_code(get<Graph>(L, 1));
  push_text(L, code.text);
  lua_createtable(L, static_cast<int>(code.gaps.size()), 0);
  for (std::size_t at = 0; at < code.gaps.size(); ++at) {
    push_text(L, code.gaps[at]);
    lua_rawseti(L, -2, static_cast<int>(at) + 1);
  }
  return 2;
}

// core.lua_code(graph[, { weights = file }]) → a script as text, which loads the file's weights
int write_lua(lua_State* L) {
  LuaCodeOptions options;
  if (lua_istable(L, 2)) {
    lua_getfield(L, 2, "weights");
    if (!lua_isnil(L, -1)) options.weights = read_string(L, -1, "lua_code", "the file of the weights");
  }
  return push_text(L, lua_code(get<Graph>(L, 1), options)), 1;
}

// core.cpp_code(graph) → a source file as text, a CMakeLists.txt for it, the file's name without its ending
int write_cpp(lua_State* L) {
  const CppCode code = cpp_code(get<Graph>(L, 1));
  return push_text(L, code.source), push_text(L, code.cmake), push_text(L, code.name), 3;
}

// core.keras_code(graph) → a Python module as text
int write_keras(lua_State* L) { return push_text(L, keras_code(get<Graph>(L, 1))), 1; }

}  // namespace

void open_code(lua_State* L) {
  add_functions(L, {{"cpp_code", guarded<write_cpp>},
                    {"pytorch_code", guarded<write_pytorch>},
                    {"keras_code", guarded<write_keras>},
                    {"lua_code", guarded<write_lua>}});
}

}  // namespace orrery::lua
