#include <ATen/ATen.h>

#include "runtime/engine/kernels/operands.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

at::Tensor other(const KernelContext& k) { return operand(k, 1, "other"); }
at::Scalar alpha(const KernelContext& k) { return number(k.attributes, "alpha"); }
at::Scalar value(const KernelContext& k) { return number(k.attributes, "value"); }

Outputs add(const KernelContext& k) { return {at::add(k.input(), other(k), alpha(k))}; }
Outputs sub(const KernelContext& k) { return {at::sub(k.input(), other(k), alpha(k))}; }
Outputs rsub(const KernelContext& k) { return {at::sub(other(k), k.input(), alpha(k))}; }

Outputs addcmul(const KernelContext& k) { return {at::addcmul(k.input(), k.input(1), k.input(2), value(k))}; }
Outputs addcdiv(const KernelContext& k) { return {at::addcdiv(k.input(), k.input(1), k.input(2), value(k))}; }

Outputs lerp(const KernelContext& k) {
  if (k.input(2).defined()) return {at::lerp(k.input(), k.input(1), k.input(2))};
  return {at::lerp(k.input(), k.input(1), number(k.attributes, "weight"))};
}

Outputs div(const KernelContext& k) {
  if (!k.attributes.has("rounding_mode")) return {at::div(k.input(), other(k))};
  return {at::div(k.input(), other(k), k.attributes.text("rounding_mode"))};
}

Outputs pow(const KernelContext& k) {
  if (!k.input(0).defined()) return {at::pow(number(k.attributes, "input"), k.input(1))};
  if (!k.input(1).defined()) return {at::pow(k.input(), number(k.attributes, "exponent"))};
  return {at::pow(k.input(), k.input(1))};
}

namespace op = at::_ops;

constexpr KernelEntry kArithmeticKernels[] = {
    {"add", add},
    {"sub", sub},
    {"rsub", rsub},
    {"addcmul", addcmul},
    {"addcdiv", addcdiv},
    {"lerp", lerp},
    {"mul", of_two_or_number<op::mul_Tensor::call>},
    {"div", div},
    {"true_divide", of_two_or_number<op::div_Tensor::call>},
    {"floor_divide", of_two_or_number<op::floor_divide::call>},
    {"fmod", of_two_or_number<op::fmod_Tensor::call>},
    {"remainder", of_operands<op::remainder_Tensor::call>},
    {"pow", pow},
    {"xlogy", of_operands<op::xlogy_Tensor::call>},
    {"atan2", of_two<op::atan2::call>},
    {"hypot", of_two<op::hypot::call>},
    {"maximum", of_two<op::maximum::call>},
    {"minimum", of_two<op::minimum::call>},
    {"fmax", of_two<op::fmax::call>},
    {"fmin", of_two<op::fmin::call>},
    {"logaddexp", of_two<op::logaddexp::call>},
    {"copysign", of_two_or_number<op::copysign_Tensor::call>},
    {"heaviside", of_two<op::heaviside::call>},
    {"bitwise_and", of_operands<op::bitwise_and_Tensor::call>},
    {"bitwise_or", of_operands<op::bitwise_or_Tensor::call>},
    {"bitwise_xor", of_operands<op::bitwise_xor_Tensor::call>},
    {"bitwise_left_shift", of_operands<op::bitwise_left_shift_Tensor::call>},
    {"bitwise_right_shift", of_operands<op::bitwise_right_shift_Tensor::call>},
};

}  // namespace

std::span<const KernelEntry> arithmetic_kernels() { return kArithmeticKernels; }

}  // namespace orrery
