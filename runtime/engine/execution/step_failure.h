#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/execution/symbols.h"
#include "runtime/graph/node.h"

namespace orrery {

/// What an error of a node's computation begins with: `scan/gather (gather) failed on (3, 4) in step 2 of 7`.
/// `loops`: which step of how many each is at, the innermost last; counts from 0.
std::string failure_of(const Node& node, const std::vector<at::Tensor>& inputs,
                       const std::vector<std::pair<size_t, size_t>>& loops);

/// Tensors without data, of the sizes that a node's inputs have.
std::vector<at::Tensor> as_declared(const Node& node, const Symbols& symbols);

/// Throws the exception that is being handled anew, with the node's failure and script line where it does not
/// know them: a kernel's own error does not know its node.
[[noreturn]] void rethrow_of(const Node& node, const std::string& failure);

}  // namespace orrery
