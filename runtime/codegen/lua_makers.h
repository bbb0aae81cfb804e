#pragma once

#include <functional>
#include <map>
#include <string>

#include "runtime/codegen/lua_pieces.h"
#include "runtime/graph/node.h"

namespace orrery {

/// Does the option take a word or a switch, which nobody gives without its name?
bool takes_word(const Attribute& attribute);

/// An option with its value; the size of a dimension with symbols is what `size` writes.
LuaArgument lua_option(const Attribute& attribute, const AttributeValue& value,
                       const std::function<std::string(const Dim&)>& size);

/// What makes a layer. `ties`: for its own tensors, those of others in their places (`wte.weight`).
LuaPieces lua_layer(const Layer& layer, const std::string& name,
                    const std::map<std::string, std::string>& ties);

/// `g:parameter("weight", { 4, 8 }, { init = "ones" })` and its like; `shared`: the layer's tensor that it
/// is.
LuaPieces lua_constant(const Node& node, const std::string& name, const std::string& shared);

}  // namespace orrery
