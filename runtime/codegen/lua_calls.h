#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/codegen/lua_pieces.h"
#include "runtime/graph/node.h"

namespace orrery {

/// How tightly an expression binds, from Lua's manual, §2.5.6.
enum class LuaBinding { sum, product, sign, power, primary };

struct LuaExpression {
  LuaPieces pieces;
  LuaBinding binding = LuaBinding::primary;
};

/// What stands around a node.
struct LuaScope {
  /// The value that a node reads; of one that is named, its name.
  std::function<LuaExpression(const Value&)> value;
  std::function<std::string(const Dim&)> size;  ///< of a size that only the data tell
};

/// Why Lua cannot say what the node does; nothing when it can.
std::optional<std::string> without_lua(const Node& node);

/// The inputs whose values may be expressions of their own instead of names: before a method's colon, on
/// the sides of an operator, first in the brackets of a layer.
std::vector<Value> open_inputs(const Node& node);

/// The expression of a transform. `name`: what the node is called; empty where that is the usual.
/// REQUIRES: !without_lua(node)
LuaExpression lua_transform(const Node& node, const LuaScope& scope, const std::string& name);

/// The call of a layer. `made` is the layer.
LuaExpression lua_application(const Node& node, const LuaScope& scope, LuaPieces made);

}  // namespace orrery
