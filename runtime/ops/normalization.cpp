#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

// Statistics are kept in float32 for inputs of half the width, as in PyTorch.
void expect_statistics_dtype(ShapeContext& context) {
  const DType input = context.input(0).dtype;
  const bool half = input == DType::float16 || input == DType::bfloat16;
  if (half && context.attributes().dtype("dtype") == DType::float32) return;
  expect_parameter_dtype(context, 0);
}

std::vector<TensorType> batch_norm2d_shape(ShapeContext& context) {
  context.expect_rank(0, 4, 4, "(N, C, H, W)");
  context.expect_floating(0);
  const Attributes& a = context.attributes();
  if (a.boolean("affine") || a.boolean("track_running_stats")) expect_statistics_dtype(context);
  const Dim wanted = a.integer("num_features"), given = context.shape()[1];
  context.expect_equal(0, given, wanted, fmt::format("{} channels", wanted.str()), given.str(),
                       given.known() ? fmt::format("Give the layer num_features = {}.", given.str()) : "");
  return {context.input(0)};
}

std::vector<ParameterSpec> batch_norm2d_parameters(const Attributes& a) {
  const std::vector<std::int64_t> shape = {a.integer("num_features")};
  const DType dtype = a.dtype("dtype");
  std::vector<ParameterSpec> specs;
  if (a.boolean("affine")) {
    specs.push_back({"weight", shape, Init::ones(), false, dtype});
    specs.push_back({"bias", shape, Init::zeros(), false, dtype});
  }
  if (a.boolean("track_running_stats")) {
    specs.push_back({"running_mean", shape, Init::zeros(), true, dtype});
    specs.push_back({"running_var", shape, Init::ones(), true, dtype});
    specs.push_back({"num_batches_tracked", {}, Init::zeros(), true, DType::int64});
  }
  return specs;
}

}  // namespace

void add_normalization(Registry& registry) {
  registry.add(
      {.name = "BatchNorm2d",
       .kind = OperationKind::layer,
       .category = Category::normalization,
       .doc = "Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.",
       .inputs = {input_port("(N, C, H, W)")},
       .attributes = {count_of("num_features", "channels of the input"),
                      {.name = "eps",
                       .type = AttributeType::real,
                       .doc = "added to the variance",
                       .value = 1e-5,
                       .min = 0,
                       .above_min = true},
                      {.name = "momentum",
                       .type = AttributeType::real,
                       .doc = "weight of the newest batch in the running statistics",
                       .value = 0.1},
                      flag("affine", true, "learns scale and shift of each channel"),
                      flag("track_running_stats", true, "keeps running statistics for evaluation"),
                      parameter_dtype()},
       .shape = batch_norm2d_shape,
       .parameters = batch_norm2d_parameters,
       .differs_in_training = true,
       .torch = "torch.nn.BatchNorm2d",
       .onnx = "BatchNormalization"});
}

}  // namespace orrery
