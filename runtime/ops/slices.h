#pragma once

#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

// Shape rules of the parts that `select` and `slice` take, which other operations write over.

std::vector<TensorType> select_rule(ShapeContext& context);
std::vector<TensorType> slice_rule(ShapeContext& context);

}  // namespace orrery
