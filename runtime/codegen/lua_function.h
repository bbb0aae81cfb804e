#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/codegen/lua_layers.h"
#include "runtime/codegen/lua_pieces.h"
#include "runtime/codegen/module_tree.h"

namespace orrery {

/// What a module's function does.
struct LuaFunction {
  const Block* block = nullptr;
  std::vector<std::string> parameters;
  std::vector<LuaLine> lines;
};

/// What all functions of a script share.
struct LuaFile {
  const Graph& graph;
  const ModuleTree& tree;
  const LuaLayers& layers;
  LuaNames& names;                    ///< of the file's locals
  std::map<int, std::string> fields;  ///< of the input, by output: what the file calls them
  std::function<LuaPiece(const Block&)>
      function;  ///< what makes a module's block, known before those around it
};

/// Writes what a module does, a statement a unit; of the whole graph all but the input. What is read once and
/// right away stands where it is read. A value that nobody reads any more gives its name to the one that is
/// made of it (`x`); one beside it is `out`, others are called as their nodes. Past LuaJIT's limit of locals,
/// values are members of a table.
LuaFunction lua_function(const LuaFile& file, const Block& module);

}  // namespace orrery
