#include <cmath>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/pointwise.h"
#include "runtime/engine/kernels/operands.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

at::Tensor times_number(const at::Tensor& gradient, const at::Scalar& factor) {
  return factor.equal(1) ? gradient : gradient * factor;
}

std::vector<at::Tensor> add_backward(const DerivativeContext& d) {
  const at::Scalar alpha = number(d.call.attributes, "alpha");
  return d.result({d.for_input(0, d.gradient()),
                   d.wants(1) ? d.for_input(1, times_number(d.gradient(), alpha)) : at::Tensor()});
}

std::vector<at::Tensor> sub_backward(const DerivativeContext& d) {
  const at::Scalar alpha = number(d.call.attributes, "alpha");
  return d.result({d.for_input(0, d.gradient()),
                   d.wants(1) ? d.for_input(1, times_number(-d.gradient(), alpha)) : at::Tensor()});
}

std::vector<at::Tensor> rsub_backward(const DerivativeContext& d) {
  const at::Scalar alpha = number(d.call.attributes, "alpha");
  return d.result({d.wants(0) ? d.for_input(0, times_number(-d.gradient(), alpha)) : at::Tensor(),
                   d.for_input(1, d.gradient())});
}

std::vector<at::Tensor> addcmul_backward(const DerivativeContext& d) {
  const at::Tensor &g = d.gradient(), &x = d.call.input(1), &y = d.call.input(2);
  const at::Scalar value = number(d.call.attributes, "value");
  return d.result({d.for_input(0, g), d.wants(1) ? d.for_input(1, g * (y * value)) : at::Tensor(),
                   d.wants(2) ? d.for_input(2, g * (x * value)) : at::Tensor()});
}

std::vector<at::Tensor> addcdiv_backward(const DerivativeContext& d) {
  const at::Tensor &g = d.gradient(), &x = d.call.input(1), &y = d.call.input(2);
  const at::Scalar value = number(d.call.attributes, "value");
  return d.result(
      {d.for_input(0, g),
       d.wants(1) ? d.for_input(1, g * (at::scalar_tensor(value, g.options()) / y)) : at::Tensor(),
       d.wants(2) ? d.for_input(2, -g * (value * x / (y * y))) : at::Tensor()});
}

std::vector<at::Tensor> lerp_backward(const DerivativeContext& d) {
  const at::Tensor &g = d.gradient(), &weight = d.call.input(2);
  at::Tensor of_start, of_end, of_weight;
  if (weight.defined()) {
    if (d.wants(0)) of_start = g * (1 - weight);
    if (d.wants(1)) of_end = g * weight;
    if (d.wants(2)) of_weight = g * (d.call.input(1) - d.call.input(0));
  } else {
    const double share = d.call.attributes.real("weight");
    if (d.wants(0)) of_start = g * (1 - share);
    if (d.wants(1)) of_end = g * share;
  }
  return d.result({d.for_input(0, of_start), d.for_input(1, of_end), d.for_input(2, of_weight)});
}

// Of two operands, each of which may be a number where the operation takes one.
template <auto OfFirst, auto OfSecond>
std::vector<at::Tensor> pair_backward(const DerivativeContext& d) {
  const at::Tensor x = operand(d.call, 0, "input"), y = operand(d.call, 1, "other");
  return d.result({d.wants(0) ? d.for_input(0, OfFirst(d.gradient(), x, y)) : at::Tensor(),
                   d.wants(1) ? d.for_input(1, OfSecond(d.gradient(), x, y)) : at::Tensor()});
}

template <auto OfFirst, auto OfSecond>
constexpr DerivativeEntry from_pair(const char* operation) {
  return {operation, pair_backward<OfFirst, OfSecond>, {.inputs = 3}};
}

at::Tensor pass_to_first(Given g, Given, Given) { return g; }
at::Tensor none_to_second(Given, Given, Given) { return {}; }

at::Tensor mul_first(Given g, Given, Given y) { return g * y; }
at::Tensor mul_second(Given g, Given x, Given) { return g * x; }
at::Tensor div_first(Given g, Given, Given y) { return g / y; }
at::Tensor div_second(Given g, Given x, Given y) { return -g * ((x / y) / y); }
at::Tensor fmod_second(Given g, Given x, Given y) { return -g * at::div(x, y, "trunc"); }
at::Tensor remainder_second(Given g, Given x, Given y) { return -g * at::div(x, y, "floor"); }

at::Tensor xlogy_first(Given g, Given x, Given y) {
  return at::xlogy(g, y).masked_fill((x == 0.).logical_and(y <= 0.), 0.);
}
at::Tensor xlogy_second(Given g, Given x, Given y) { return g * x / y; }

at::Tensor atan2_first(Given g, Given x, Given y) { return g * y * (x * x + y * y).reciprocal(); }
at::Tensor atan2_second(Given g, Given x, Given y) { return g * -x * (x * x + y * y).reciprocal(); }
at::Tensor hypot_first(Given g, Given x, Given y) { return g * x / at::hypot(x, y); }
at::Tensor hypot_second(Given g, Given x, Given y) { return g * y / at::hypot(x, y); }

// Equal operands get half of the gradient each.
at::Tensor shared_unless(Given g, Given x, Given y, Given loses) {
  return at::where(x == y, g / 2, g).masked_fill_(loses, 0);
}
at::Tensor of_larger(Given g, Given x, Given y) { return shared_unless(g, x, y, x < y); }
at::Tensor of_smaller(Given g, Given x, Given y) { return shared_unless(g, x, y, x > y); }

at::Tensor takes_first_max(Given x, Given y) { return (x >= y).logical_or_(y.isnan()); }
at::Tensor takes_first_min(Given x, Given y) { return (x <= y).logical_or_(y.isnan()); }
at::Tensor fmax_first(Given g, Given x, Given y) { return g.masked_fill(~takes_first_max(x, y), 0); }
at::Tensor fmax_second(Given g, Given x, Given y) { return g.masked_fill(takes_first_max(x, y), 0); }
at::Tensor fmin_first(Given g, Given x, Given y) { return g.masked_fill(~takes_first_min(x, y), 0); }
at::Tensor fmin_second(Given g, Given x, Given y) { return g.masked_fill(takes_first_min(x, y), 0); }

at::Tensor logaddexp_first(Given g, Given x, Given y) { return g / (1 + (y - x).exp()); }
at::Tensor logaddexp_second(Given g, Given x, Given y) { return g / (1 + (x - y).exp()); }

at::Tensor copysign_first(Given g, Given x, Given y) {
  return g * (at::copysign(x, y) / x).masked_fill_(x == 0, 0);
}

std::vector<at::Tensor> div_backward(const DerivativeContext& d) {
  if (d.call.attributes.has("rounding_mode")) return d.result({});
  return pair_backward<div_first, div_second>(d);
}

at::Tensor of_base(Given g, Given base, const at::Scalar& exponent) {
  if (exponent.equal(0.0)) return {};
  return g * (exponent * base.pow(exponent.toDouble() - 1));
}

at::Tensor of_base(Given g, Given base, Given exponent) {
  return at::where(exponent == 0.0, 0.0, g * (exponent * base.pow(exponent - 1)));
}

at::Tensor of_exponent(Given g, double base, Given exponent) {
  const at::Tensor slope = at::pow(base, exponent) * std::log(base);
  return g * (base == 0 ? at::where(exponent >= 0, 0.0, slope) : slope);
}

at::Tensor of_exponent(Given g, Given base, Given exponent) {
  const at::Tensor power = at::pow(base, exponent);
  const at::Tensor is_zero = (base == 0).logical_and(exponent >= 0);
  return g * at::where(is_zero, 0.0, power * base.to(power.scalar_type()).log());
}

std::vector<at::Tensor> pow_backward(const DerivativeContext& d) {
  const at::Tensor &g = d.gradient(), &base = d.call.input(0), &exponent = d.call.input(1);
  const Attributes& a = d.call.attributes;
  if (!base.defined()) return d.result({{}, d.for_input(1, of_exponent(g, a.real("input"), exponent))});
  if (!exponent.defined()) return d.result({d.for_input(0, of_base(g, base, number(a, "exponent")))});
  return d.result({d.wants(0) ? d.for_input(0, of_base(g, base, exponent)) : at::Tensor(),
                   d.wants(1) ? d.for_input(1, of_exponent(g, base, exponent)) : at::Tensor()});
}

constexpr DerivativeEntry kArithmeticDerivatives[] = {
    {"add", add_backward},
    {"sub", sub_backward},
    {"rsub", rsub_backward},
    {"addcmul", addcmul_backward, {.inputs = 6}},
    {"addcdiv", addcdiv_backward, {.inputs = 6}},
    {"lerp", lerp_backward, {.inputs = 7}},
    from_pair<mul_first, mul_second>("mul"),
    {"div", div_backward, {.inputs = 3}},
    from_pair<div_first, div_second>("true_divide"),
    from_pair<pass_to_first, fmod_second>("fmod"),
    from_pair<pass_to_first, remainder_second>("remainder"),
    {"pow", pow_backward, {.inputs = 3}},
    from_pair<xlogy_first, xlogy_second>("xlogy"),
    from_pair<atan2_first, atan2_second>("atan2"),
    from_pair<hypot_first, hypot_second>("hypot"),
    from_pair<of_larger, of_smaller>("maximum"),
    from_pair<of_smaller, of_larger>("minimum"),
    from_pair<fmax_first, fmax_second>("fmax"),
    from_pair<fmin_first, fmin_second>("fmin"),
    from_pair<logaddexp_first, logaddexp_second>("logaddexp"),
    from_pair<copysign_first, none_to_second>("copysign"),
};

}  // namespace

std::span<const DerivativeEntry> arithmetic_derivatives() { return kArithmeticDerivatives; }

}  // namespace orrery
