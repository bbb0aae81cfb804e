#include "runtime/onnx/decimal.h"
#include "runtime/onnx/moments.h"
#include "runtime/onnx/operands.h"

namespace orrery {
namespace {

constexpr int kScale = 1, kShift = 2, kMean = 3, kVariance = 4;

// The layer of that rank; empty where there is none.
std::string batch_norm_of_rank(int rank) {
  switch (rank) {
    case 2:
    case 3: return "BatchNorm1d";
    case 4: return "BatchNorm2d";
    case 5: return "BatchNorm3d";
    default: return "";
  }
}

// A layer owns the four vectors of the file, if all are known and alike; those of halves may be float32.
bool has_batch_norm_tensors(const OnnxCall& call) {
  if (batch_norm_of_rank(call.rank(0)).empty()) return false;
  const TensorType x = call.type(0);
  const DType dtype = call.type(kScale).dtype;
  if (!x.shape[1].known() || (dtype != x.dtype && dtype != onnx_working_dtype(x.dtype))) return false;
  for (int input = kScale; input <= kVariance; ++input)
    if (!is_onnx_vector(call.literal(input), x.shape[1].value(), dtype)) return false;
  return true;
}

// ONNX's momentum weighs what was, PyTorch's the newest batch.
Value batch_norm_layer(const OnnxCall& call, double eps) {
  return call.layer(batch_norm_of_rank(call.rank(0)),
                    {{"num_features", call.type(0).shape[1].value()},
                     {"eps", eps},
                     {"momentum", decimal_of(static_cast<float>(1 - call.real("momentum", 0.9)))},
                     {"dtype", call.type(kScale).dtype}},
                    {call.value(0)},
                    {{"weight", *call.literal(kScale)},
                     {"bias", *call.literal(kShift)},
                     {"running_mean", *call.literal(kMean)},
                     {"running_var", *call.literal(kVariance)},
                     {"num_batches_tracked", OnnxLiteral(DType::int64, {}, std::vector<Dim>{0})}});
}

// Statistics of the batch are wanted: an attribute says so, before operator set 14 the outputs that only
// training has.
bool is_training(const OnnxCall& call) {
  if (call.opset() >= 14) return call.integer("training_mode", 0) != 0;
  return call.integer("is_test", 0) == 0 &&
         (call.wants(1) || call.wants(2) || call.wants(3) || call.wants(4));
}

struct BatchNormOperands {
  Value x;
  int rank = 0;
  DType dtype, working;

  // A vector of the channels in the working dtype, beside x. Where statistics are taken of each place
  // (`spatial = 0` of the early sets) they have its shape already.
  Value beside(const OnnxCall& call, const Value& vector) const {
    const Value shaped = vector.shape().size() == 1 ? onnx_along_channels(call, vector, rank) : vector;
    return onnx_in_dtype(call, shaped, working);
  }
};

Value batch_normalised(const OnnxCall& call, const BatchNormOperands& operands, const OnnxMoments& moments) {
  const Value standard = onnx_standardised(call, operands.x, moments, call.real("epsilon", 1e-5));
  return onnx_scaled(call, standard, operands.beside(call, call.value(kScale)),
                     operands.beside(call, call.value(kShift)), operands.dtype);
}

// running · momentum + current · (1 - momentum)
Value moved_statistic(const OnnxCall& call, int running, const Value& current) {
  const double momentum = call.real("momentum", 0.9);
  const Value was = call.apply("mul", {call.value(running)}, {{"other", momentum}});
  const Value flat = onnx_in_dtype(call, onnx_in_shape(call, current, was.shape()), was.dtype());
  return call.apply("add", {was, call.apply("mul", {flat}, {{"other", 1 - momentum}})});
}

void give_training_outputs(OnnxCall& call, const OnnxMoments& moments) {
  if (call.wants(1)) call.give(1, moved_statistic(call, kMean, moments.mean));
  if (call.wants(2)) call.give(2, moved_statistic(call, kVariance, moments.var));
  const auto saved = [&](int output, int like, const Value& statistic) {
    if (!call.wants(output)) return;
    const TensorType type = call.type(like);
    call.give(output, onnx_in_dtype(call, onnx_in_shape(call, statistic, type.shape), type.dtype));
  };
  saved(3, kMean, moments.mean);
  saved(4, kVariance, moments.var);
}

OnnxMoments moments_of_batch(const OnnxCall& call, const BatchNormOperands& operands) {
  std::vector<std::int64_t> dims = {0};
  if (call.integer("spatial", 1) != 0)
    for (const std::int64_t dim : onnx_dims_from(2, operands.rank)) dims.push_back(dim);
  return onnx_moments(call, operands.x, std::move(dims));
}

}  // namespace

void import_onnx_batch_normalization(OnnxCall& call) {
  const double eps = call.real("epsilon", 1e-5);
  const bool training = is_training(call);
  if (!training && eps > 0 && has_batch_norm_tensors(call)) return call.give(batch_norm_layer(call, eps));
  const Value input = call.value(0);
  const DType working = onnx_working_dtype(input.dtype());
  const BatchNormOperands operands{.x = onnx_in_dtype(call, input, working),
                                   .rank = call.rank(0),
                                   .dtype = input.dtype(),
                                   .working = working};
  if (training) {
    const OnnxMoments moments = moments_of_batch(call, operands);
    call.give(0, batch_normalised(call, operands, moments));
    return give_training_outputs(call, moments);
  }
  call.give(batch_normalised(call, operands,
                             {.mean = operands.beside(call, call.value(kMean)),
                              .var = operands.beside(call, call.value(kVariance))}));
}

}  // namespace orrery
