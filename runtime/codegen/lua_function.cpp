#include "runtime/codegen/lua_function.h"

#include "runtime/codegen/lua_writer.h"

namespace orrery {

LuaFunction lua_function(const LuaFile& file, const Block& module) {
  int depth = 0;
  for (const Block* at = &module; at->parent(); at = at->parent()) ++depth;
  return LuaWriter(file, module, depth).write();
}

}  // namespace orrery
