#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/codegen/lua_function.h"

namespace orrery {

/// A function that makes blocks, for all that differ in their options at the most.
struct LuaBlockFunction {
  /// An option in which its blocks differ.
  struct Parameter {
    std::string name;
    bool has_default = false;  ///< nil stands for it
  };
  std::string name;  ///< empty where it stands in the function that calls it
  bool stands_apart = false;
  std::vector<Parameter> parameters;
  std::vector<LuaArgument> block;  ///< what `g:block` is called with: name, title, and the like
  LuaFunction body;                ///< with the parameters' names among its options
  std::vector<std::string> paths;  ///< of its blocks
};

/// The functions of a graph's blocks, those called by others first, and what the script does itself.
struct LuaFunctions {
  std::vector<LuaBlockFunction> all;
  LuaFunction script;
};

/// Blocks that do the same have one function; an option in which they differ is a parameter, one for all
/// options that always have the same value. A function stands apart when several places call it, when it has
/// parameters, or too deep inside others. `file.function` is set here.
LuaFunctions lua_functions(LuaFile& file);

}  // namespace orrery
