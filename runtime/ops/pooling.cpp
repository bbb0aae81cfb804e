#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/windows.h"

namespace orrery {
namespace {

std::vector<TensorType> max_pool2d_shape(ShapeContext& context) {
  if (context.input(0).dtype == DType::boolean)
    context.expects_dtype(0, "an input of numbers", "Convert it first: x:to(\"float32\").");
  return {{slide(context, 0), context.input(0).dtype}};
}

std::vector<TensorType> avg_pool2d_shape(ShapeContext& context) {
  if (context.input(0).dtype != DType::int64) context.expect_floating(0);
  return {{slide(context, 0), context.input(0).dtype}};
}

std::vector<TensorType> adaptive_avg_pool2d_shape(ShapeContext& context) {
  context.expect_rank(0, 3, 4, "(N, C, H, W) or (C, H, W)");
  context.expect_floating(0);
  Shape shape = context.shape();
  const size_t rank = shape.size();
  for (size_t i = rank - 3; i < rank; ++i)
    context.expect_at_least(0, shape[i], 1, "an input whose channels, height and width are not 0",
                            str(shape));
  const auto& size = context.attributes().integers("output_size");
  shape[rank - 2] = size[0];
  shape[rank - 1] = size[1];
  return {{shape, context.input(0).dtype}};
}

std::vector<ParameterSpec> check_padding(const Attributes& a) {
  for (int axis : {0, 1}) {
    const Window window = window_of(a, axis);
    check(window.padding <= window.kernel / 2, Fault::usage,
          "padding must be at most half of kernel_size, got padding {} for kernel_size {}", window.padding,
          window.kernel);
  }
  return {};
}

Attribute pool_stride() {
  return {.name = "stride",
          .type = AttributeType::sizes,
          .doc = "step of the window; none: kernel_size",
          .min = 1,
          .count = 2};
}

std::vector<Attribute> window_options() {
  return {required_pair("kernel_size", 1, "height and width of the window"), pool_stride(),
          pair_or("padding", 0, 0, "border added at each side, at most half of the window")};
}

Attribute ceil_mode() { return flag("ceil_mode", false, "a last window may reach over the border"); }

std::vector<Attribute> max_pool_options() {
  auto options = window_options();
  options.push_back(pair_or("dilation", 1, 1, "distance of the window's elements"));
  options.push_back(ceil_mode());
  return options;
}

std::vector<Attribute> avg_pool_options() {
  auto options = window_options();
  options.push_back(ceil_mode());
  options.push_back(flag("count_include_pad", true, "the padding's zeros count in the average"));
  options.push_back({.name = "divisor_override",
                     .doc = "divides by this instead of by the window's size; none: the size",
                     .min = 1});
  return options;
}

}  // namespace

void add_pooling(Registry& registry) {
  registry.add({.name = "MaxPool2d",
                .kind = OperationKind::layer,
                .category = Category::pooling,
                .doc = "Keeps the largest element of each window.",
                .inputs = {input_port("(N, C, H, W) or (C, H, W)")},
                .attributes = max_pool_options(),
                .shape = max_pool2d_shape,
                .parameters = check_padding,
                .torch = "torch.nn.MaxPool2d",
                .onnx = "MaxPool"});
  registry.add({.name = "AvgPool2d",
                .kind = OperationKind::layer,
                .category = Category::pooling,
                .doc = "Averages each window.",
                .inputs = {input_port("(N, C, H, W) or (C, H, W)")},
                .attributes = avg_pool_options(),
                .shape = avg_pool2d_shape,
                .parameters = check_padding,
                .torch = "torch.nn.AvgPool2d",
                .onnx = "AveragePool"});
  registry.add({.name = "AdaptiveAvgPool2d",
                .kind = OperationKind::layer,
                .category = Category::pooling,
                .doc = "Averages windows chosen so that the output has the wanted size.",
                .inputs = {input_port("(N, C, H, W) or (C, H, W)")},
                .attributes = {required_pair("output_size", 1, "height and width of the output")},
                .shape = adaptive_avg_pool2d_shape,
                .parameters = no_parameters,
                .torch = "torch.nn.AdaptiveAvgPool2d"});
}

}  // namespace orrery
