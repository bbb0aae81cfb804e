#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// A plain number does not raise the dtype within its kind, as in PyTorch.
at::Tensor other(const KernelContext& k) {
  return k.input(1).defined() ? k.input(1) : at::native::wrapped_scalar_tensor(number(k.attributes, "other"));
}

at::Scalar alpha(const KernelContext& k) { return number(k.attributes, "alpha"); }

Outputs add(const KernelContext& k) { return {at::add(k.input(), other(k), alpha(k))}; }
Outputs sub(const KernelContext& k) { return {at::sub(k.input(), other(k), alpha(k))}; }
Outputs rsub(const KernelContext& k) { return {at::sub(other(k), k.input(), alpha(k))}; }
Outputs mul(const KernelContext& k) { return {at::mul(k.input(), other(k))}; }

Outputs div(const KernelContext& k) {
  if (!k.attributes.has("rounding_mode")) return {at::div(k.input(), other(k))};
  return {at::div(k.input(), other(k), k.attributes.text("rounding_mode"))};
}

Outputs neg(const KernelContext& k) { return {at::neg(k.input())}; }
Outputs abs(const KernelContext& k) { return {at::abs(k.input())}; }
Outputs reciprocal(const KernelContext& k) { return {at::reciprocal(k.input())}; }
Outputs exp(const KernelContext& k) { return {at::exp(k.input())}; }
Outputs log(const KernelContext& k) { return {at::log(k.input())}; }
Outputs sqrt(const KernelContext& k) { return {at::sqrt(k.input())}; }
Outputs pow(const KernelContext& k) { return {at::pow(k.input(), number(k.attributes, "exponent"))}; }

constexpr KernelEntry kKernels[] = {
    {"add", add}, {"sub", sub},   {"rsub", rsub},
    {"mul", mul}, {"div", div},   {"neg", neg},
    {"abs", abs}, {"exp", exp},   {"reciprocal", reciprocal},
    {"log", log}, {"sqrt", sqrt}, {"pow", pow},
};

}  // namespace

std::span<const KernelEntry> arithmetic_kernels() { return kKernels; }

}  // namespace orrery
