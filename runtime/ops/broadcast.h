#pragma once

#include "runtime/graph/descriptor.h"

namespace orrery {

/// The shape in which two shapes meet, by PyTorch's rule: counted from the end, dimensions are equal, or
/// one of them is 1 or missing. A symbol is never 1 and meets only itself; what cannot be told becomes a
/// guard that both are equal. Blames `port`, whose shape is `right`.
Shape broadcast(ShapeContext& context, int port, const Shape& left, const Shape& right);

}  // namespace orrery
