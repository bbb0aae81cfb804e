#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/codegen/code_calls.h"
#include "runtime/codegen/shared_layers.h"

namespace orrery {

/// The expression in Python, without the arguments that are usual.
std::string python_call(const CodeCall& call);

/// Why Keras' code cannot say what the node does; nothing when it can. `before`: the values of the nodes
/// before it.
std::optional<std::string> without_keras(const Node& node, const TensorOwners& owners,
                                         std::span<const Value> before);

/// The expression of a node. REQUIRES: !without_keras(node, …)
CodeCall keras_call(const Node& node, const CallScope& scope);

/// The expression of a field of the graph's input: `keras.Input((3, 32, 32), name="image")`.
CodeCall keras_input(const Value& field, const std::string& name);

/// The expression that makes the layer of a node: `layers.Dense(10, name="fc")`.
CodeCall keras_layer(const Node& node, const CallScope& scope);

/// What stands before `=` when the node's results get these names.
std::string keras_targets(const Node& node, const std::vector<std::string>& names);

/// The operations that the tables of Keras' words know.
std::vector<std::string> keras_operations();

}  // namespace orrery
