#pragma once

#include <ATen/core/Tensor.h>

#include "runtime/graph/attributes.h"

namespace orrery {

/// What a variance takes off the number of elements before it divides by it: the option `correction`, or that
/// of `unbiased`.
at::Scalar variance_correction(const Attributes& attributes);

}  // namespace orrery
