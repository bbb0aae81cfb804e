#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "runtime/codegen/code_arguments.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// An expression: `layers.Dense(10, name="fc")(x)`.
struct CodeCall {
  std::string head;  ///< up to the bracket that the arguments stand in; all of it if there are none
  std::vector<CodeArgument> arguments = {};
  std::string tail = {};
};

/// `x = conv2d(x, 64, 3, name="conv1")`
struct CodeStatement {
  std::string targets;
  CodeCall call;
};

/// What stands around a node in a function.
struct CallScope {
  std::function<std::string(const Value&)> name;  ///< of a value that is there
  std::span<const Value> known;                   ///< those values
  std::string layer_name;                         ///< an expression: `"fc"`, `f"{name}-fc"`
  std::string made;                               ///< where the layer was made before: its variable
  std::string tied;                               ///< the variable of the embedding whose weight it shares
  std::set<std::string>* helpers = nullptr;       ///< gets the helpers that are called; may be null
};

/// The name that tells how a transform, or a layer without weights, is written: of a layer that of the
/// transform which computes the same, where there is one.
const std::string& operation_to_write(const Node& node);

/// What all nodes give, in their order.
std::vector<Value> graph_values(const Graph& graph);

/// Does it give a list of results, however many they are: `split`, `unbind`?
bool gives_list(const Node& node);

}  // namespace orrery
