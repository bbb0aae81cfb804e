#pragma once

#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// The dimensions that a list option names, each brought into 0…rank-1, in the order given; stops when
/// one is outside or named twice. Nothing given: an empty list.
std::vector<int> listed_dims(const ShapeContext& context, const std::string& option);

/// The shape after some dimensions were summed up: they become 1 (`keepdim`) or vanish.
Shape without_dims(const Shape& shape, const std::vector<int>& dims, bool keepdim);

/// The shape that a user asked for, its -1 replaced so that it holds `elements`. Stops when that cannot
/// be; keeps a guard when it cannot be told. `of` completes "as many elements as …".
Shape filled_shape(ShapeContext& context, const Dim& elements, const Shape& wanted, const std::string& of);

/// Product of the dimensions from first to last, both included.
Dim merged(const Shape& shape, int first, int last);

}  // namespace orrery
