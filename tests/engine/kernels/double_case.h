#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "tests/engine/kernels/random_cases.h"

namespace orrery {

/// How the calls of an operation are made; the general way where it has no maker of its own.
const CaseMaker& maker_of(const Descriptor& descriptor);

/// The same call with every real number a double, the parts of complex ones too.
RandomCase in_double(const Descriptor& descriptor, RandomCase one);

/// Inputs of such a call, the same for each.
struct DoubleInputs {
  std::vector<at::Tensor> tensors;  ///< undefined for ports without one
  std::vector<bool> moved;          ///< beside them: takes a gradient
};
DoubleInputs double_inputs(const Descriptor& descriptor, const RandomCase& one);
/// The inputs where the operation is smooth; gradients pass through.
std::vector<at::Tensor> conditioned(const Descriptor& descriptor, std::vector<at::Tensor> inputs);

}  // namespace orrery
