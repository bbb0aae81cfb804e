#pragma once

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

using Outputs = std::vector<at::Tensor>;

/// The value at a port, or the number in the option of its name: as in PyTorch it does not raise the dtype
/// within its kind. Undefined when neither is given (an `optional_number` port).
at::Tensor operand(const KernelContext& k, size_t port, const std::string& name);

/// Device and dtype (of the option `dtype`) of what an operation without inputs makes.
at::TensorOptions made_options(const KernelContext& k);
/// Those of the input, unless the option `dtype` is given.
at::TensorOptions like_input(const KernelContext& k);

/// A kernel of one of LibTorch's functions of one tensor.
template <auto Function>
Outputs of_one(const KernelContext& k) {
  return {Function(k.input())};
}

/// A kernel of one of LibTorch's functions of two tensors.
template <auto Function>
Outputs of_two(const KernelContext& k) {
  return {Function(k.input(0), k.input(1))};
}

/// The same where the second operand may be the number in the option `other`.
template <auto Function>
Outputs of_two_or_number(const KernelContext& k) {
  return {Function(k.input(0), operand(k, 1, "other"))};
}

/// The same where each of them may be a number, in the option `input` or `other`.
template <auto Function>
Outputs of_operands(const KernelContext& k) {
  return {Function(operand(k, 0, "input"), operand(k, 1, "other"))};
}

}  // namespace orrery
