#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

using Rule = std::vector<TensorType> (*)(ShapeContext&);

// Layers with statistics of each channel: batch and instance normalisation.
struct ChannelLayout {
  int low = 0, high = 0;  ///< allowed ranks
  int channels = 1;       ///< their dimension, negative from the end
  std::string words;      ///< `(N, C, H, W)`
};

std::vector<TensorType> channel_rule(ShapeContext& context, const ChannelLayout& layout) {
  context.expect_rank(0, layout.low, layout.high, layout.words);
  context.expect_floating(0);
  const Attributes& a = context.attributes();
  if (a.boolean("affine") || a.boolean("track_running_stats")) expect_statistics_dtype(context);
  const int dim = layout.channels < 0 ? context.rank() + layout.channels : layout.channels;
  expect_size_of(context, 0, dim, "num_features", "channels");
  return {context.input(0)};
}

// Without running statistics the input's own are always taken, and one value has no variance.
std::vector<TensorType> instance_rule(ShapeContext& context, const ChannelLayout& layout) {
  std::vector<TensorType> output = channel_rule(context, layout);
  const Shape& shape = context.shape();
  const Dim places = numel(Shape(shape.end() + layout.channels + 1, shape.end()));
  if (!context.attributes().boolean("track_running_stats"))
    context.expect_at_least(0, places, 2, "more than one value in each channel", str(shape));
  return output;
}

std::vector<ParameterSpec> channel_parameters(const Attributes& a) {
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

Attribute momentum() {
  Attribute attribute = real_or("momentum", 0.1,
                                "weight of the newest batch in the running statistics; \"cumulative\" "
                                "(PyTorch's None): all batches count the same");
  attribute.or_text = {"cumulative"};
  return attribute;
}

Descriptor layer(std::string name, std::string doc, std::string input) {
  Descriptor d{
      .name = name, .kind = OperationKind::layer, .category = Category::normalization, .doc = std::move(doc)};
  d.inputs = {input_port(std::move(input))};
  d.parameters = no_parameters;
  d.torch = "torch.nn." + name;
  return d;
}

Descriptor with_channels(std::string name, std::string doc, const ChannelLayout& layout, bool affine,
                         bool tracks) {
  Descriptor d = layer(std::move(name), std::move(doc), layout.words);
  d.attributes = {told_count("num_features", "channels of the input"),
                  eps_of(1e-5, "added to the variance"),
                  momentum(),
                  flag("affine", affine, "learns scale and shift of each channel"),
                  flag("track_running_stats", tracks, "keeps running statistics for evaluation"),
                  parameter_dtype()};
  d.parameters = channel_parameters;
  d.complete = told_by_dim("num_features", layout.channels);
  d.differs_in_training = true;
  return d;
}

void add_batch_norm(Registry& registry, const std::string& name, const ChannelLayout& layout) {
  Descriptor d = with_channels(
      name, "Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.", layout,
      true, true);
  d.shape = [layout](ShapeContext& context) { return channel_rule(context, layout); };
  d.onnx = "BatchNormalization";
  registry.add(std::move(d));
}

void add_instance_norm(Registry& registry, const std::string& name, const ChannelLayout& layout) {
  Descriptor d =
      with_channels(name, "Brings each channel of each sample to mean 0 and variance 1 over its places.",
                    layout, false, false);
  d.shape = [layout](ShapeContext& context) { return instance_rule(context, layout); };
  d.onnx = "InstanceNormalization";
  registry.add(std::move(d));
}

// The last dimensions of the input: what layer and RMS normalisation take together.
void expect_normalized_shape(ShapeContext& context) {
  const std::vector<std::int64_t>& wanted = context.attributes().integers("normalized_shape");
  const Shape& shape = context.shape();
  const std::string expected = fmt::format("an input that ends in {}", str(shape_of(wanted)));
  if (shape.size() < wanted.size()) context.expects(0, expected, str(shape));
  const size_t before = shape.size() - wanted.size();
  for (size_t i = 0; i < wanted.size(); ++i)
    context.expect_equal(0, shape[before + i], wanted[i], expected, str(shape));
}

std::vector<TensorType> layer_norm_rule(ShapeContext& context) {
  context.expect_floating(0);
  if (context.attributes().boolean("elementwise_affine")) expect_statistics_dtype(context);
  expect_normalized_shape(context);
  return {context.input(0)};
}

std::vector<TensorType> rms_norm_rule(ShapeContext& context) {
  context.expect_floating(0);
  expect_normalized_shape(context);
  return {context.input(0)};
}

const std::vector<std::int64_t>& normalized_shape_of(const Attributes& a) {
  const std::vector<std::int64_t>& shape = a.integers("normalized_shape");
  check(!shape.empty(), Fault::usage, "normalized_shape must have at least one size");
  return shape;
}

std::vector<ParameterSpec> rms_norm_parameters(const Attributes& a) {
  const std::vector<std::int64_t>& shape = normalized_shape_of(a);
  if (!a.boolean("elementwise_affine")) return {};
  return {{"weight", shape, Init::ones(), false, a.dtype("dtype")}};
}

std::vector<ParameterSpec> layer_norm_parameters(const Attributes& a) {
  std::vector<ParameterSpec> specs = rms_norm_parameters(a);
  if (!specs.empty() && a.boolean("bias"))
    specs.push_back({"bias", specs[0].shape, Init::zeros(), false, a.dtype("dtype")});
  return specs;
}

Attribute normalized_shape() {
  return {.name = "normalized_shape",
          .type = AttributeType::integers,
          .doc = "the input's last dimensions, which are normalised together",
          .required = true,
          .min = 1};
}

void add_layer_norm(Registry& registry) {
  Descriptor d =
      layer("LayerNorm", "Brings the last dimensions to mean 0 and variance 1.", "(…, *normalized_shape)");
  d.attributes = {normalized_shape(), eps_of(1e-5, "added to the variance"),
                  flag("elementwise_affine", true, "learns a scale of each element, and a shift with bias"),
                  flag("bias", true, "learns a shift of each element"), parameter_dtype()};
  d.shape = layer_norm_rule;
  d.parameters = layer_norm_parameters;
  d.onnx = "LayerNormalization";
  registry.add(std::move(d));
}

void add_rms_norm(Registry& registry) {
  Descriptor d =
      layer("RMSNorm", "Divides the last dimensions by their root mean square.", "(…, *normalized_shape)");
  d.attributes = {normalized_shape(),
                  {.name = "eps",
                   .type = AttributeType::real,
                   .doc = "added to the mean square; none: the least difference from 1 in the input's dtype",
                   .min = 0},
                  flag("elementwise_affine", true, "learns a scale of each element"),
                  parameter_dtype()};
  d.shape = rms_norm_rule;
  d.parameters = rms_norm_parameters;
  d.onnx = "RMSNormalization";
  registry.add(std::move(d));
}

std::vector<TensorType> group_norm_rule(ShapeContext& context) {
  if (context.rank() < 2)
    context.expects(0, "an input of at least 2 dimensions, (N, C, …)", str(context.shape()));
  context.expect_floating(0);
  if (context.attributes().boolean("affine")) expect_statistics_dtype(context);
  expect_size_of(context, 0, 1, "num_channels", "channels");
  return {context.input(0)};
}

std::vector<ParameterSpec> group_norm_parameters(const Attributes& a) {
  expect_divided(a, "num_channels", "num_groups");
  if (!a.boolean("affine")) return {};
  const std::int64_t channels = a.integer("num_channels");
  return {{"weight", {channels}, Init::ones(), false, a.dtype("dtype")},
          {"bias", {channels}, Init::zeros(), false, a.dtype("dtype")}};
}

void add_group_norm(Registry& registry) {
  Descriptor d =
      layer("GroupNorm", "Brings groups of channels of each sample to mean 0 and variance 1.", "(N, C, …)");
  d.attributes = {count_of("num_groups", "groups of channels"),
                  count_of("num_channels", "channels of the input"), eps_of(1e-5, "added to the variance"),
                  flag("affine", true, "learns scale and shift of each channel"), parameter_dtype()};
  d.shape = group_norm_rule;
  d.parameters = group_norm_parameters;
  d.onnx = "GroupNormalization";
  registry.add(std::move(d));
}

std::vector<TensorType> local_response_rule(ShapeContext& context) {
  if (context.rank() < 3)
    context.expects(0, "an input of at least 3 dimensions, (N, C, …)", str(context.shape()));
  return like_floating_input(context);
}

void add_local_response_norm(Registry& registry) {
  Descriptor d = layer("LocalResponseNorm",
                       "Divides each element by what its neighbouring channels add up to.", "(N, C, …)");
  d.attributes = {count_of("size", "channels that count as neighbours"),
                  real_or("alpha", 1e-4, "weight of their mean square"),
                  real_or("beta", 0.75, "exponent of the divisor"), real_or("k", 1, "added to the divisor")};
  d.shape = local_response_rule;
  d.onnx = "LRN";
  registry.add(std::move(d));
}

std::vector<TensorType> normalize_rule(ShapeContext& context) {
  context.wrapped_dim(0, context.attributes().integer("dim"));
  return like_floating_input(context);
}

void add_normalize(Registry& registry) {
  Descriptor d{.name = "normalize",
               .category = Category::normalization,
               .doc = "Divides each vector along a dimension by its norm."};
  d.inputs = {input_port()};
  d.attributes = {real_or("p", 2, "exponent of the norm"), integer_or("dim", 1, "the dimension"),
                  real_or("eps", 1e-12, "the least divisor")};
  d.shape = normalize_rule;
  d.torch = "torch.nn.functional.normalize";
  d.onnx = "LpNormalization";
  registry.add(std::move(d));
}

}  // namespace

void add_normalization(Registry& registry) {
  constexpr int kMostDims = 64;
  add_batch_norm(registry, "BatchNorm1d", {2, 3, 1, "(N, C) or (N, C, L)"});
  add_batch_norm(registry, "BatchNorm2d", {4, 4, 1, "(N, C, H, W)"});
  add_batch_norm(registry, "BatchNorm3d", {5, 5, 1, "(N, C, D, H, W)"});
  add_batch_norm(registry, "SyncBatchNorm", {2, kMostDims, 1, "(N, C, …)"});
  add_instance_norm(registry, "InstanceNorm1d", {2, 3, -2, "(N, C, L) or (C, L)"});
  add_instance_norm(registry, "InstanceNorm2d", {3, 4, -3, "(N, C, H, W) or (C, H, W)"});
  add_instance_norm(registry, "InstanceNorm3d", {4, 5, -4, "(N, C, D, H, W) or (C, D, H, W)"});
  add_layer_norm(registry);
  add_rms_norm(registry);
  add_group_norm(registry);
  add_local_response_norm(registry);
  add_normalize(registry);
}

}  // namespace orrery
