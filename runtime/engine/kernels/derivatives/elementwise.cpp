#include <cmath>
#include <numbers>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/pointwise.h"
#include "runtime/engine/kernels/operands.h"

namespace orrery {
namespace {

constexpr double kTwoBySqrtPi = 2 * std::numbers::inv_sqrtpi;
constexpr double kLn10 = 2.3025850929940456;  // as LibTorch has it: one bit from the nearest

at::Tensor abs_backward(Given g, Given x) { return g * x.sgn(); }
at::Tensor reciprocal_backward(Given g, Given y) { return -g * (y * y); }
at::Tensor square_backward(Given g, Given x) { return g * (2.0 * x); }
at::Tensor sqrt_backward(Given g, Given y) { return g / (2 * y); }
at::Tensor rsqrt_backward(Given g, Given y) { return -0.5 * g * y.pow(3); }
at::Tensor exp_backward(Given g, Given y) { return g * y; }
at::Tensor exp2_backward(Given g, Given y) { return g * y * std::numbers::ln2; }
at::Tensor expm1_backward(Given g, Given y) { return g * (y + 1); }
at::Tensor log_backward(Given g, Given x) { return g / x; }
at::Tensor log2_backward(Given g, Given x) { return g / (x * std::numbers::ln2); }
at::Tensor log10_backward(Given g, Given x) { return g / (x * kLn10); }
at::Tensor log1p_backward(Given g, Given x) { return g / (x + 1); }

at::Tensor sin_backward(Given g, Given x) { return g * x.cos(); }
at::Tensor cos_backward(Given g, Given x) { return g * -x.sin(); }
at::Tensor tan_backward(Given g, Given y) { return g * (1 + y.pow(2)); }
at::Tensor asin_backward(Given g, Given x) { return g * (-x * x + 1).rsqrt(); }
at::Tensor acos_backward(Given g, Given x) { return g * -(-x * x + 1).rsqrt(); }
at::Tensor atan_backward(Given g, Given x) { return g / (x * x + 1); }
at::Tensor sinh_backward(Given g, Given x) { return g * x.cosh(); }
at::Tensor cosh_backward(Given g, Given x) { return g * x.sinh(); }
at::Tensor asinh_backward(Given g, Given x) { return g * (x.pow(2) + 1).rsqrt(); }
at::Tensor acosh_backward(Given g, Given x) { return g * (x * x - 1).rsqrt(); }
at::Tensor atanh_backward(Given g, Given x) { return g / (1 - x.pow(2)); }

at::Tensor sinc_backward(Given g, Given x) {
  const at::Tensor angle = x * std::numbers::pi, square = x * x * std::numbers::pi;
  return at::where(square == 0.0, 0.0, g * ((angle * angle.cos() - angle.sin()) / square));
}

at::Tensor erf_backward(Given g, Given x) { return kTwoBySqrtPi * (-x.pow(2)).exp() * g; }
at::Tensor erfc_backward(Given g, Given x) { return -kTwoBySqrtPi * (-x.pow(2)).exp() * g; }
at::Tensor erfinv_backward(Given g, Given y) {
  return 0.5 * std::sqrt(std::numbers::pi) * y.pow(2).exp() * g;
}
at::Tensor lgamma_backward(Given g, Given x) { return g * x.digamma(); }
at::Tensor digamma_backward(Given g, Given x) { return g * at::polygamma(1, x); }
at::Tensor nan_to_num_backward(Given g, Given x) { return g * x.isfinite(); }

at::Tensor logit_backward(Given g, Given x, const Attributes& a) {
  return at::logit_backward(g, x, a.has("eps") ? std::optional(a.real("eps")) : std::nullopt);
}

std::vector<at::Tensor> pass_on_backward(const DerivativeContext& d) { return d.result({d.gradient()}); }
std::vector<at::Tensor> flat_backward(const DerivativeContext& d) { return d.result({}); }
std::vector<at::Tensor> neg_backward(const DerivativeContext& d) { return d.result({d.gradient().neg()}); }

std::vector<at::Tensor> deg2rad_backward(const DerivativeContext& d) {
  return d.result({d.gradient() * (std::numbers::pi / 180)});
}

std::vector<at::Tensor> rad2deg_backward(const DerivativeContext& d) {
  return d.result({d.gradient() * (180 / std::numbers::pi)});
}

at::Tensor gradient_where(const DerivativeContext& d, size_t input, const at::Tensor& place) {
  return d.for_input(input, at::where(place, d.gradient(), 0));
}

std::vector<at::Tensor> where_backward(const DerivativeContext& d) {
  const at::Tensor& condition = d.call.input();
  return d.result({{},
                   d.wants(1) ? gradient_where(d, 1, condition) : at::Tensor(),
                   d.wants(2) ? d.for_input(2, at::where(condition, 0, d.gradient())) : at::Tensor()});
}

std::vector<at::Tensor> masked_fill_backward(const DerivativeContext& d) {
  const at::Tensor& mask = d.call.input(1);
  return d.result({d.wants(0) ? d.for_input(0, d.gradient().masked_fill(mask, 0)) : at::Tensor(),
                   {},
                   d.wants(2) ? gradient_where(d, 2, mask) : at::Tensor()});
}

// At a bound the input gets the gradient; where the bounds cross, the upper one.
std::vector<at::Tensor> clamp_backward(const DerivativeContext& d) {
  const at::Tensor &x = d.call.input(), low = operand(d.call, 1, "min"), high = operand(d.call, 2, "max");
  at::Tensor of_input = d.gradient(), of_low, of_high;
  if (d.wants(0) && low.defined()) of_input = at::where(x >= low, of_input, 0);
  if (d.wants(0) && high.defined()) of_input = at::where(x <= high, of_input, 0);
  if (d.wants(1)) of_low = gradient_where(d, 1, high.defined() ? (x < low).logical_and(low < high) : x < low);
  if (d.wants(2))
    of_high = gradient_where(d, 2, low.defined() ? (x > high).logical_or(high < low) : x > high);
  return d.result({d.for_input(0, of_input), of_low, of_high});
}

std::vector<at::Tensor> clamp_min_backward(const DerivativeContext& d) {
  const at::Tensor &x = d.call.input(), low = operand(d.call, 1, "min");
  return d.result({d.wants(0) ? gradient_where(d, 0, x >= low) : at::Tensor(),
                   d.wants(1) ? gradient_where(d, 1, x < low) : at::Tensor()});
}

std::vector<at::Tensor> clamp_max_backward(const DerivativeContext& d) {
  const at::Tensor &x = d.call.input(), high = operand(d.call, 1, "max");
  return d.result({d.wants(0) ? gradient_where(d, 0, x <= high) : at::Tensor(),
                   d.wants(1) ? gradient_where(d, 1, x > high) : at::Tensor()});
}

constexpr DerivativeEntry kElementwiseDerivatives[] = {
    {"neg", neg_backward},
    {"positive", pass_on_backward},
    from_input<abs_backward>("abs"),
    from_input<abs_backward>("absolute"),
    {"sign", flat_backward},
    {"sgn", flat_backward},
    from_output<reciprocal_backward>("reciprocal"),
    from_input<square_backward>("square"),
    {"floor", flat_backward},
    {"ceil", flat_backward},
    {"trunc", flat_backward},
    {"round", flat_backward},
    {"frac", pass_on_backward},
    from_output<sqrt_backward>("sqrt"),
    from_output<rsqrt_backward>("rsqrt"),
    from_output<exp_backward>("exp"),
    from_output<exp2_backward>("exp2"),
    from_output<expm1_backward>("expm1"),
    from_input<log_backward>("log"),
    from_input<log2_backward>("log2"),
    from_input<log10_backward>("log10"),
    from_input<log1p_backward>("log1p"),
    from_input<sin_backward>("sin"),
    from_input<cos_backward>("cos"),
    from_output<tan_backward>("tan"),
    from_input<asin_backward>("asin"),
    from_input<acos_backward>("acos"),
    from_input<atan_backward>("atan"),
    from_input<sinh_backward>("sinh"),
    from_input<cosh_backward>("cosh"),
    from_input<asinh_backward>("asinh"),
    from_input<acosh_backward>("acosh"),
    from_input<atanh_backward>("atanh"),
    from_input<sinc_backward>("sinc"),
    {"deg2rad", deg2rad_backward},
    {"rad2deg", rad2deg_backward},
    from_input<erf_backward>("erf"),
    from_input<erfc_backward>("erfc"),
    from_output<erfinv_backward>("erfinv"),
    from_input<lgamma_backward>("lgamma"),
    from_input<digamma_backward>("digamma"),
    from_input<logit_backward>("logit"),
    from_input<nan_to_num_backward>("nan_to_num"),
    {"where", where_backward, {.inputs = 1}},
    {"masked_fill", masked_fill_backward, {.inputs = 2}},
    {"clamp", clamp_backward, {.inputs = 7}},
    {"clamp_min", clamp_min_backward, {.inputs = 3}},
    {"clamp_max", clamp_max_backward, {.inputs = 3}},
    {"real", pass_on_backward},
    {"conj", pass_on_backward},
    {"angle", flat_backward},
};

}  // namespace

std::span<const DerivativeEntry> elementwise_derivatives() { return kElementwiseDerivatives; }

}  // namespace orrery
