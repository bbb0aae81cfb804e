// Graphs as source code.
#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/codegen/pytorch.h"

namespace orrery::lua {
namespace {

// core.pytorch_code(graph) → a Python module as text
int write_pytorch(lua_State* L) { return push_text(L, pytorch_code(get<Graph>(L, 1))), 1; }

}  // namespace

void open_code(lua_State* L) { add_functions(L, {{"pytorch_code", guarded<write_pytorch>}}); }

}  // namespace orrery::lua
