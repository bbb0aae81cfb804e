#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/codegen/code_arguments.h"
#include "runtime/graph/node.h"

namespace orrery {

/// What stands around a node in a `forward`.
struct PytorchScope {
  std::function<std::string(const Value&)> name;  ///< of a value that is there
  std::vector<Value> known;                       ///< those values
  std::string device;                             ///< `x.device`, for tensors that are made; may be empty
};

/// Why PyTorch's code cannot say what the node does; nothing when it can.
std::optional<std::string> without_pytorch(const Node& node);

/// Is the layer a function in PyTorch, not a module (scaled_dot_product_attention)?
bool is_function(const Layer& layer);

/// The expression of a node: an operator, a function, or, of a layer, the call of `module` (`self.conv1`).
/// REQUIRES: !without_pytorch(node); the sizes of its options are `known`
std::string pytorch_call(const Node& node, const PytorchScope& scope, const std::string& module);

/// What stands before `=` when the expression's results get these names: `x`, `x, (h, c)`, `(x,)`.
std::string pytorch_targets(const Node& node, const std::vector<std::string>& names);

using PytorchArgument = CodeArgument;

/// The options of a layer as arguments of its module, in PyTorch's order.
std::vector<PytorchArgument> pytorch_arguments(const Layer& layer);

}  // namespace orrery
