#include <algorithm>

#include "runtime/onnx/moments.h"
#include "runtime/onnx/operands.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

// The layer of that rank, whose channels have more than one place; empty where there is none.
std::string instance_norm_for(const Shape& shape) {
  const bool many = std::any_of(shape.begin() + 2, shape.end(),
                                [](const Dim& dim) { return !dim.known() || dim.value() > 1; });
  if (!many || shape.size() > 5) return "";
  return "InstanceNorm" + std::to_string(shape.size() - 2) + "d";
}

void import_instance_normalization(OnnxCall& call) {
  const Value input = call.value(0);
  const Shape& shape = input.shape();
  if (shape.size() < 3) call.refuse("its input must be (N, C, …), got " + str(shape));
  const double eps = call.real("epsilon", 1e-5);
  const std::string layer = instance_norm_for(shape);
  const std::int64_t channels = shape[1].known() ? shape[1].value() : 0;
  const bool owned = is_onnx_vector(call.literal(1), channels, input.dtype()) &&
                     is_onnx_vector(call.literal(2), channels, input.dtype());
  if (!layer.empty() && channels > 0 && eps > 0 && owned)
    return call.give(call.layer(
        layer, {{"num_features", channels}, {"eps", eps}, {"affine", true}, {"dtype", input.dtype()}},
        {input}, {{"weight", *call.literal(1)}, {"bias", *call.literal(2)}}));
  const Value x = onnx_in_dtype(call, input, onnx_working_dtype(input.dtype()));
  const OnnxMoments moments = onnx_moments(call, x, onnx_dims_from(2, call.rank(0)));
  call.give(onnx_scaled(call, onnx_standardised(call, x, moments, eps),
                        onnx_along_channels(call, call.value(1), call.rank(0)),
                        onnx_along_channels(call, call.value(2), call.rank(0)), input.dtype()));
}

// Before operator set 21 scale and bias have a number for each group: the channels are laid out by groups
// while they are applied.
Value scaled_by_group(const OnnxCall& call, const Value& x, std::int64_t groups) {
  const Shape shape = x.shape();
  Shape grouped = {shape[0], groups, floor_div(shape[1], groups)};
  grouped.insert(grouped.end(), shape.begin() + 2, shape.end());
  const int rank = static_cast<int>(grouped.size());
  const Value rows = call.apply("reshape", {x}, {{"shape", grouped}});
  const Value scaled = onnx_scaled(call, rows, onnx_along_channels(call, call.value(1), rank),
                                   onnx_along_channels(call, call.value(2), rank), x.dtype());
  return onnx_in_shape(call, scaled, shape);
}

void import_group_normalization(OnnxCall& call) {
  const Value x = call.value(0);
  const std::int64_t groups = call.integer("num_groups");
  if (call.rank(0) < 2 || !x.shape()[1].known())
    call.refuse("its input must be (N, C, …) with C known, got " + str(x.shape()));
  const std::int64_t channels = x.shape()[1].value();
  OnnxOptions options = {{"num_groups", groups},
                         {"num_channels", channels},
                         {"eps", call.real("epsilon", 1e-5)},
                         {"dtype", x.dtype()}};
  if (is_onnx_vector(call.literal(1), channels, x.dtype()) &&
      is_onnx_vector(call.literal(2), channels, x.dtype()))
    return call.give(call.layer("GroupNorm", std::move(options), {x},
                                {{"weight", *call.literal(1)}, {"bias", *call.literal(2)}}));
  options.emplace_back("affine", false);
  const Value normalized = call.layer("GroupNorm", std::move(options), {x}, {});
  if (call.opset() < 21) return call.give(scaled_by_group(call, normalized, groups));
  call.give(onnx_scaled(call, normalized, onnx_along_channels(call, call.value(1), call.rank(0)),
                        onnx_along_channels(call, call.value(2), call.rank(0)), x.dtype()));
}

void import_lp_normalization(OnnxCall& call) {
  const std::int64_t p = call.integer("p", 2);
  const std::int64_t axis = call.axis(call.integer("axis", -1), call.rank(0));
  call.give(call.apply("normalize", {call.value(0)}, {{"p", static_cast<double>(p)}, {"dim", axis}}));
}

// Of an even number of neighbours ONNX takes one more behind the channel, PyTorch one more before it: the
// channels are turned round.
void import_lrn(OnnxCall& call) {
  const std::int64_t size = call.integer("size");
  const bool turned = size % 2 == 0, flat = call.rank(0) == 2;
  const auto turn = [&](const Value& value) {
    return turned ? call.apply("flip", {value}, {{"dims", std::vector<std::int64_t>{1}}}) : value;
  };
  Value x = turn(call.value(0));
  if (flat) x = call.apply("unsqueeze", {x}, {{"dim", 2}});
  x = call.layer("LocalResponseNorm",
                 {{"size", size},
                  {"alpha", call.real("alpha", 1e-4)},
                  {"beta", call.real("beta", 0.75)},
                  {"k", call.real("bias", 1)}},
                 {x}, {});
  if (flat) x = call.apply("squeeze", {x}, {{"dim", std::vector<std::int64_t>{2}}});
  call.give(turn(x));
}

// The first set told by `across_channels` which dimensions go together.
std::vector<std::int64_t> mvn_dims(const OnnxCall& call) {
  const int rank = call.rank(0);
  if (call.opset() < 9) return onnx_dims_from(call.integer("across_channels", 0) != 0 ? 1 : 2, rank);
  std::vector<std::int64_t> dims;
  for (const std::int64_t axis : call.integers("axes", std::vector<std::int64_t>{0, 2, 3}))
    dims.push_back(call.axis(axis, rank));
  return dims;
}

// (x - mean) / (standard deviation + 1e-9)
void import_mean_variance_normalization(OnnxCall& call) {
  const Value input = call.value(0);
  const Value x = onnx_in_dtype(call, input, onnx_working_dtype(input.dtype()));
  const OnnxMoments moments = onnx_moments(call, x, mvn_dims(call));
  Value centred = call.apply("sub", {x, moments.mean});
  if (call.opset() >= 9 || call.integer("normalize_variance", 1) != 0) {
    const Value deviation = call.apply("add", {call.apply("sqrt", {moments.var})}, {{"other", 1e-9}});
    centred = call.apply("div", {centred, deviation});
  }
  call.give(onnx_in_dtype(call, centred, input.dtype()));
}

}  // namespace

void add_onnx_normalization(OnnxOperators& table) {
  table.add("BatchNormalization", import_onnx_batch_normalization);
  table.add("InstanceNormalization", import_instance_normalization);
  table.add("LayerNormalization", import_onnx_layer_normalization);
  table.add("RMSNormalization", import_onnx_rms_normalization);
  table.add("GroupNormalization", import_group_normalization);
  table.add("LpNormalization", import_lp_normalization);
  table.add("LRN", import_lrn);
  table.add("MeanVarianceNormalization", import_mean_variance_normalization);
  table.add("Dropout", import_onnx_dropout);
}

}  // namespace orrery
