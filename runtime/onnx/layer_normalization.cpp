#include "runtime/onnx/moments.h"
#include "runtime/onnx/operands.h"

namespace orrery {
namespace {

// The last dimensions, from the axis on, if their sizes are known.
std::optional<std::vector<std::int64_t>> normalized_sizes(const OnnxCall& call, std::int64_t axis) {
  const Shape& shape = call.type(0).shape;
  const Shape last(shape.begin() + static_cast<std::ptrdiff_t>(axis), shape.end());
  if (last.empty() || !known(last)) return std::nullopt;
  return values(last);
}

// A known tensor of just those sizes: what a layer can own.
bool is_of_layer(const OnnxCall& call, int input, const std::vector<std::int64_t>& sizes) {
  const OnnxLiteral* literal = call.literal(input);
  return literal && literal->shape() == sizes && literal->dtype() == call.type(0).dtype;
}

std::optional<Value> layer_norm_layer(const OnnxCall& call, std::int64_t axis, double eps) {
  const auto sizes = normalized_sizes(call, axis);
  const bool shifts = call.has(2), more = call.wants(1) || call.wants(2);
  if (!sizes || more || eps <= 0 || !is_of_layer(call, 1, *sizes)) return std::nullopt;
  if (shifts && !is_of_layer(call, 2, *sizes)) return std::nullopt;
  std::vector<std::pair<std::string, OnnxLiteral>> tensors = {{"weight", *call.literal(1)}};
  if (shifts) tensors.emplace_back("bias", *call.literal(2));
  const Value x = call.value(0);
  return call.layer("LayerNorm",
                    {{"normalized_shape", *sizes}, {"eps", eps}, {"bias", shifts}, {"dtype", x.dtype()}}, {x},
                    std::move(tensors));
}

// The dtype of the two statistics among the outputs: float32, or bfloat16 where the node stashes them so.
DType stash_dtype(const OnnxCall& call) {
  constexpr std::int64_t kBfloat16 = 16;
  return call.integer("stash_type", 1) == kBfloat16 ? DType::bfloat16 : DType::float32;
}

}  // namespace

void import_onnx_layer_normalization(OnnxCall& call) {
  const double eps = call.real("epsilon", 1e-5);
  const std::int64_t axis = call.axis(call.integer("axis", -1), call.rank(0));
  if (const auto layer = layer_norm_layer(call, axis, eps)) return call.give(*layer);
  const Value input = call.value(0);
  const Value x = onnx_in_dtype(call, input, onnx_working_dtype(input.dtype()));
  const OnnxMoments moments = onnx_moments(call, x, onnx_dims_from(axis, call.rank(0)));
  const Value centred = call.apply("sub", {x, moments.mean});
  const Value inverse = call.apply("rsqrt", {call.apply("add", {moments.var}, {{"other", eps}})});
  const Value normalized = onnx_in_dtype(call, call.apply("mul", {centred, inverse}), input.dtype());
  call.give(
      0, onnx_scaled(call, normalized, call.value(1), call.has(2) ? call.value(2) : Value(), input.dtype()));
  if (call.wants(1)) call.give(1, onnx_in_dtype(call, moments.mean, stash_dtype(call)));
  if (call.wants(2)) call.give(2, onnx_in_dtype(call, inverse, stash_dtype(call)));
}

// x / sqrt(mean(x²) + eps) · scale, in the scale's dtype.
void import_onnx_rms_normalization(OnnxCall& call) {
  const double eps = call.real("epsilon", 1e-5);
  const std::int64_t axis = call.axis(call.integer("axis", -1), call.rank(0));
  const Value input = call.value(0);
  const auto sizes = normalized_sizes(call, axis);
  if (sizes && eps >= 0 && is_of_layer(call, 1, *sizes))
    return call.give(call.layer("RMSNorm",
                                {{"normalized_shape", *sizes}, {"eps", eps}, {"dtype", input.dtype()}},
                                {input}, {{"weight", *call.literal(1)}}));
  const Value x = onnx_in_dtype(call, input, onnx_working_dtype(input.dtype()));
  const Value mean = call.apply("mean", {call.apply("square", {x})},
                                {{"dim", onnx_dims_from(axis, call.rank(0))}, {"keepdim", true}});
  const Value inverse = call.apply("rsqrt", {call.apply("add", {mean}, {{"other", eps}})});
  const Value scale = call.value(1);
  const Value normalized = onnx_in_dtype(call, call.apply("mul", {x, inverse}), input.dtype());
  call.give(onnx_scaled(call, onnx_in_dtype(call, normalized, scale.dtype()), scale, Value(), scale.dtype()));
}

}  // namespace orrery
