#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/codegen/code_calls.h"
#include "runtime/codegen/shared_layers.h"

namespace orrery {

/// The expression in C++, without the last arguments that are usual.
std::string cpp_text(const CodeCall& call);

/// Why C++ code for LibTorch cannot say what the node does in evaluation; nothing when it can. `before`: the
/// values of the nodes before it.
std::optional<std::string> without_cpp(const Node& node, const TensorOwners& owners,
                                       std::span<const Value> before);

/// The expression of a node in evaluation. REQUIRES: !without_cpp(node, …)
CodeCall cpp_call(const Node& node, const CallScope& scope);

/// The operations that the tables of C++ words know.
std::vector<std::string> cpp_operations();

/// How many results the node's expression has.
int cpp_results(const Node& node);

}  // namespace orrery
