#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/families.h"
#include "runtime/ops/initialisation.h"
#include "runtime/ops/options.h"
#include "runtime/ops/windows.h"

namespace orrery {
namespace {

bool same(const Attributes& a) { return a.is_text("padding") && a.text("padding") == "same"; }

Window conv_window(const Attributes& a, int axis) {
  Window window;
  window.kernel = a.integers("kernel_size")[axis];
  window.stride = a.integers("stride")[axis];
  window.dilation = a.integers("dilation")[axis];
  if (!a.is_text("padding")) window.padding = a.integers("padding")[axis];
  return window;
}

Dim conv_places(ShapeContext& context, const Dim& size, int axis) {
  const std::string word = axis == 0 ? "high" : "wide";
  if (!same(context.attributes()))
    return places(context, 0, size, conv_window(context.attributes(), axis), word);
  context.expect_at_least(0, size, 1, "an input at least 1 " + word, size.str());
  return size;
}

std::vector<TensorType> conv2d_shape(ShapeContext& context) {
  context.expect_rank(0, 3, 4, "(N, C, H, W) or (C, H, W)");
  expect_parameter_dtype(context, 0);
  Shape shape = context.shape();
  const size_t rank = shape.size();
  const Dim wanted = context.attributes().integer("in_channels");
  const Dim given = shape[rank - 3];
  context.expect_equal(0, given, wanted, fmt::format("{} input channels", wanted.str()), given.str(),
                       given.known() ? fmt::format("Give the layer in_channels = {}.", given.str()) : "");
  shape[rank - 3] = context.attributes().integer("out_channels");
  shape[rank - 2] = conv_places(context, shape[rank - 2], 0);
  shape[rank - 1] = conv_places(context, shape[rank - 1], 1);
  return {{shape, context.input(0).dtype}};
}

void check_options(const Attributes& a) {
  const std::int64_t in = a.integer("in_channels"), out = a.integer("out_channels"),
                     groups = a.integer("groups");
  check(in % groups == 0, Fault::usage,
        "in_channels must be divisible by groups, got {} channels in {} groups", in, groups);
  check(out % groups == 0, Fault::usage,
        "out_channels must be divisible by groups, got {} channels in {} groups", out, groups);
  for (std::int64_t stride : a.integers("stride"))
    check(!same(a) || stride == 1, Fault::usage, "padding \"same\" needs stride 1, got stride {}", stride);
}

std::int64_t fan_in(const Attributes& a) {
  const auto& kernel = a.integers("kernel_size");
  return a.integer("in_channels") / a.integer("groups") * kernel[0] * kernel[1];
}

std::vector<ParameterSpec> conv2d_parameters(const Attributes& a) {
  check_options(a);
  const auto& kernel = a.integers("kernel_size");
  const std::int64_t out = a.integer("out_channels"), in = a.integer("in_channels") / a.integer("groups");
  const DType dtype = a.dtype("dtype");
  std::vector<ParameterSpec> specs = {
      {"weight", {out, in, kernel[0], kernel[1]}, kaiming_uniform(fan_in(a)), false, dtype}};
  if (a.boolean("bias")) specs.push_back({"bias", {out}, fan_in_uniform(fan_in(a)), false, dtype});
  return specs;
}

Dim conv2d_flops(const CostContext& cost) {
  return 2 * numel(cost.outputs[0].shape) * fan_in(cost.attributes);
}

Attribute padding_option() {
  Attribute option = pair_or(
      "padding", 0, 0, "zeros added at each border; \"same\" keeps height and width, \"valid\" adds none");
  option.or_text = {"same", "valid"};
  return option;
}

}  // namespace

void add_convolution(Registry& registry) {
  registry.add({.name = "Conv2d",
                .kind = OperationKind::layer,
                .category = Category::convolution,
                .doc = "Slides learned kernels over images.",
                .inputs = {input_port("(N, C, H, W) or (C, H, W)")},
                .attributes = {told_count("in_channels", "channels of the input"),
                               count_of("out_channels", "channels of the output"),
                               required_pair("kernel_size", 1, "height and width of the kernel"),
                               pair_or("stride", 1, 1, "step of the kernel"),
                               padding_option(),
                               pair_or("dilation", 1, 1, "distance of the kernel's elements"),
                               {.name = "groups",
                                .doc = "channels are split into so many groups that do not mix",
                                .value = std::int64_t{1},
                                .min = 1},
                               flag("bias", true, "adds a learned bias to each channel"),
                               {.name = "padding_mode",
                                .type = AttributeType::text,
                                .doc = "what the padding holds",
                                .value = "zeros",
                                .choices = {"zeros"}},
                               parameter_dtype()},
                .shape = conv2d_shape,
                .parameters = conv2d_parameters,
                .complete = told_by_dim("in_channels", -3),
                .flops = conv2d_flops,
                .torch = "torch.nn.Conv2d",
                .onnx = "Conv"});
}

}  // namespace orrery
