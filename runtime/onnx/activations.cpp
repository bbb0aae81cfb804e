#include <algorithm>
#include <cmath>
#include <functional>

#include "runtime/onnx/operands.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

// Attributes are 32-bit numbers: 1/6 stands there as 0.16666667.
bool is_about(double number, double wanted) { return std::abs(number - wanted) <= 1e-6 * std::abs(wanted); }

Value times_factor(const OnnxCall& call, Value x, double factor) {
  return factor == 1 ? x : call.apply("mul", {x}, {{"other", factor}});
}

void import_leaky_relu(OnnxCall& call) {
  call.give(call.apply("leaky_relu", {call.value(0)}, {{"negative_slope", call.real("alpha", 0.01)}}));
}

void import_elu(OnnxCall& call) {
  call.give(call.apply("elu", {call.value(0)}, {{"alpha", call.real("alpha", 1)}}));
}

void import_celu(OnnxCall& call) {
  call.give(call.apply("celu", {call.value(0)}, {{"alpha", call.real("alpha", 1)}}));
}

// The first set has rounded defaults.
void import_selu(OnnxCall& call) {
  constexpr double kAlpha = 1.6732632423543772, kGamma = 1.0507009873554805;
  const bool first = call.opset() < 6;
  const double alpha = call.real("alpha", first ? 1.6732 : kAlpha);
  const double gamma = call.real("gamma", first ? 1.0507 : kGamma);
  if (is_about(alpha, kAlpha) && is_about(gamma, kGamma))
    return call.give(call.apply("selu", {call.value(0)}));
  call.give(times_factor(call, call.apply("elu", {call.value(0)}, {{"alpha", alpha}}), gamma));
}

// max(0, min(1, alpha * x + beta))
void import_hard_sigmoid(OnnxCall& call) {
  const double alpha = call.real("alpha", 0.2), beta = call.real("beta", 0.5);
  const Value x = call.value(0);
  if (is_about(alpha, 1.0 / 6) && beta == 0.5) return call.give(call.apply("hardsigmoid", {x}));
  const Value line = call.apply("add", {times_factor(call, x, alpha)}, {{"other", beta}});
  call.give(call.apply("clamp", {line}, {{"min", 0.0}, {"max", 1.0}}));
}

void import_thresholded_relu(OnnxCall& call) {
  call.give(call.apply("threshold", {call.value(0)}, {{"threshold", call.real("alpha", 1)}, {"value", 0.0}}));
}

// x + bias below -lambd, x - bias above lambd, 0 between them.
void import_shrink(OnnxCall& call) {
  const double bias = call.real("bias", 0), lambd = call.real("lambd", 0.5);
  const Value x = call.value(0);
  const bool plain = is_floating(x.dtype()) && lambd >= 0;
  if (plain && bias == 0) return call.give(call.apply("hardshrink", {x}, {{"lambd", lambd}}));
  if (plain && bias == lambd) return call.give(call.apply("softshrink", {x}, {{"lambd", lambd}}));
  const auto moved = [&](double by) {
    return onnx_in_dtype(call, call.apply("add", {x}, {{"other", by}}), x.dtype());
  };
  const Value above =
      call.apply("where", {call.apply("gt", {x}, {{"other", lambd}}), moved(-bias)}, {{"other", 0}});
  call.give(call.apply("where", {call.apply("lt", {x}, {{"other", -lambd}}), moved(bias), above}));
}

void import_gelu(OnnxCall& call) {
  call.give(call.apply("gelu", {call.value(0)}, {{"approximate", call.text("approximate", "none")}}));
}

// x * sigmoid(alpha * x)
void import_swish(OnnxCall& call) {
  const double alpha = call.real("alpha", 1);
  const Value x = call.value(0);
  if (alpha == 1) return call.give(call.apply("silu", {x}));
  call.give(call.apply("mul", {x, call.apply("sigmoid", {times_factor(call, x, alpha)})}));
}

bool of_ones(const std::vector<std::int64_t>& shape, std::size_t from) {
  return std::all_of(shape.begin() + static_cast<std::ptrdiff_t>(from), shape.end(),
                     [](std::int64_t size) { return size == 1; });
}

// How many slopes a layer would have: one for each channel, or one for all; 0 where they lie otherwise.
// Before operator set 7 a row of slopes was meant for the channels.
std::int64_t slopes_of_layer(const OnnxCall& call) {
  const OnnxLiteral* slope = call.literal(1);
  if (!slope || !is_floating(slope->dtype())) return 0;
  const auto& shape = slope->shape();
  if (slope->numel() == 1 && shape.size() <= static_cast<std::size_t>(call.rank(0))) return 1;
  const bool row = call.opset() < 7 && shape.size() == 1;
  const bool channels = !shape.empty() && static_cast<int>(shape.size()) == call.rank(0) - 1;
  return row || (channels && of_ones(shape, 1)) ? shape[0] : 0;
}

void import_prelu(OnnxCall& call) {
  const Value x = call.value(0);
  if (const std::int64_t slopes = slopes_of_layer(call); slopes > 0)
    return call.give(call.layer("PReLU", {{"num_parameters", slopes}, {"dtype", x.dtype()}}, {x},
                                {{"weight", call.literal(1)->reshaped({slopes})}}));
  Value slope = call.value(1);
  const bool row = call.opset() < 7 && slope.shape().size() == 1 && !(slope.shape()[0] == Dim(1));
  if (row) slope = onnx_along_channels(call, slope, call.rank(0));
  const Value negative = call.apply("lt", {x}, {{"other", 0}});
  call.give(call.apply("where", {negative, call.apply("mul", {x, slope}), x}));
}

using AlongDim = std::function<Value(const OnnxCall&, Value, std::int64_t)>;

// The one dimension from `axis` on that is not of size 1, if all others are.
std::optional<std::int64_t> lone_dim(const Shape& shape, std::int64_t axis) {
  std::optional<std::int64_t> lone;
  for (std::size_t dim = static_cast<std::size_t>(axis); dim < shape.size(); ++dim) {
    if (shape[dim] == Dim(1)) continue;
    if (lone) return std::nullopt;
    lone = static_cast<std::int64_t>(dim);
  }
  return lone ? lone : std::optional(axis);
}

// Along one dimension; before operator set 13 along all from the axis on, as if they were one.
void import_along(OnnxCall& call, const AlongDim& operation) {
  const Value x = call.value(0);
  const bool merges = call.opset() < 13;
  const std::int64_t axis = call.axis(call.integer("axis", merges ? 1 : -1), std::max(call.rank(0), 1));
  const auto dim = merges ? lone_dim(x.shape(), axis) : std::optional(axis);
  if (dim) return call.give(operation(call, x, *dim));
  const Value row = operation(call, call.apply("flatten", {x}, {{"start_dim", axis}}), axis);
  const Shape sizes(x.shape().begin() + static_cast<std::ptrdiff_t>(axis), x.shape().end());
  call.give(call.apply("unflatten", {row}, {{"dim", axis}, {"sizes", sizes}}));
}

// 1 for the first of the largest elements, 0 for all others.
Value hardmax(const OnnxCall& call, Value x, std::int64_t dim) {
  const Value place = call.apply("argmax", {x}, {{"dim", dim}, {"keepdim", true}});
  return call.apply("scatter", {call.apply("zeros_like", {x}), place}, {{"dim", dim}, {"src", 1}});
}

void add_softmaxes(OnnxOperators& table) {
  table.add("Softmax", [](OnnxCall& call) {
    import_along(call, [](const OnnxCall& c, Value x, std::int64_t dim) {
      return c.apply("softmax", {x}, {{"dim", dim}});
    });
  });
  table.add("LogSoftmax", [](OnnxCall& call) {
    import_along(call, [](const OnnxCall& c, Value x, std::int64_t dim) {
      return c.apply("log_softmax", {x}, {{"dim", dim}});
    });
  });
  table.add("Hardmax", [](OnnxCall& call) { import_along(call, hardmax); });
}

}  // namespace

void add_onnx_activations(OnnxOperators& table) {
  table.add_alike({{"Relu", "relu"},
                   {"Sigmoid", "sigmoid"},
                   {"Tanh", "tanh"},
                   {"Softplus", "softplus"},
                   {"Softsign", "softsign"},
                   {"HardSwish", "hardswish"},
                   {"Mish", "mish"}});
  table.add("LeakyRelu", import_leaky_relu);
  table.add("PRelu", import_prelu);
  table.add("Elu", import_elu);
  table.add("Celu", import_celu);
  table.add("Selu", import_selu);
  table.add("HardSigmoid", import_hard_sigmoid);
  table.add("ThresholdedRelu", import_thresholded_relu);
  table.add("Shrink", import_shrink);
  table.add("Gelu", import_gelu);
  table.add("Swish", import_swish);
  add_softmaxes(table);
}

}  // namespace orrery
