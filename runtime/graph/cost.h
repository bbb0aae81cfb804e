#pragma once

#include "runtime/graph/node.h"

namespace orrery {

/// Bytes of a tensor of that type.
Dim byte_count(const TensorType& type);

/// Whether a node's outputs lie in its inputs' memory, so far as its description tells. A dropout gives its
/// input on only when nothing is trained.
bool is_view(const Node& node);

/// Floating-point operations of one forward call; as `Descriptor::flops`.
Dim flops_of(const Node& node);
/// The least bytes that one forward call has to read and write: each input, each tensor of its layer and each
/// output once, unless its description knows better (`Descriptor::moved`); nothing for views, for the input
/// and for constants.
Dim bytes_moved_of(const Node& node);

}  // namespace orrery
