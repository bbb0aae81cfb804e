#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/families.h"
#include "runtime/ops/functional.h"
#include "runtime/ops/options.h"
#include "runtime/ops/resizing.h"
#include "runtime/ops/windows.h"

namespace orrery {
namespace {

using Types = std::vector<TensorType>;

// The largest elements and, when asked for, where in their plane they were.
Types with_places(const ShapeContext& context, const Shape& shape) {
  Types types = {{shape, context.input(0).dtype}};
  if (context.attributes().boolean("return_indices")) types.push_back({shape, DType::int64});
  return types;
}

Types max_pool_shape(ShapeContext& context, int axes) {
  const DType dtype = context.input(0).dtype;
  if (dtype == DType::boolean || is_complex(dtype))
    context.expects_dtype(0, "an input of real numbers", "Convert it first: x:to(\"float32\").");
  return with_places(context, slide(context, 0, axes));
}

// LibTorch lets no averaged window of a volume reach over it, whatever the padding.
Shape averaged(ShapeContext& context, int axes) {
  const Shape shape = slide(context, 0, axes);
  for (int axis = 0; axes == 3 && axis < axes; ++axis) {
    const Dim& size = context.shape()[context.rank() - axes + axis];
    const std::int64_t kernel = context.attributes().integers("kernel_size")[axis];
    expect_room(context, 0, size, kernel,
                fmt::format("an input at least {} {} (kernel {}, which padding does not help)", kernel,
                            axis_word(axes, axis), kernel),
                "Use a smaller kernel, or shrink the input less before.");
  }
  return shape;
}

Types avg_pool_shape(ShapeContext& context, int axes) {
  if (context.input(0).dtype != DType::int64) context.expect_floating(0);
  return {{averaged(context, axes), context.input(0).dtype}};
}

Types lp_pool_shape(ShapeContext& context, int axes) {
  context.expect_floating(0);
  return {{averaged(context, axes), context.input(0).dtype}};
}

Shape adapted(ShapeContext& context, int axes) {
  const int first = expect_channels(context, 0, axes) + 1;
  context.expect_floating(0);
  Shape shape = context.shape();
  for (int axis = 0; axis < axes; ++axis) {
    Dim& size = shape[first + axis];
    context.expect_at_least(0, size, 1, "an input at least 1 " + axis_word(axes, axis), size.str());
    const std::int64_t wanted = context.attributes().integers("output_size")[axis];
    if (wanted != -1) size = wanted;
  }
  return shape;
}

Types adaptive_avg_shape(ShapeContext& context, int axes) {
  return {{adapted(context, axes), context.input(0).dtype}};
}

Types adaptive_max_shape(ShapeContext& context, int axes) {
  return with_places(context, adapted(context, axes));
}

Dim fractional_size(ShapeContext& context, const Dim& size, int axes, int axis) {
  const Attributes& a = context.attributes();
  if (a.has("output_size")) return a.integers("output_size")[axis];
  const auto& ratios = a.reals("output_ratio");
  const double ratio = ratios.size() == 1 ? ratios[0] : ratios[axis];
  const auto result = scaled(size, ratio);
  if (!result)
    context.expects(0, fmt::format("a known size for output_ratio {}", ratio), size.str(),
                    "Give output_size instead, or a ratio such as 0.5 or 0.75.");
  context.expect_at_least(
      0, *result, 1,
      fmt::format("an input at least 1 {} after output_ratio {}", axis_word(axes, axis), ratio), size.str());
  return *result;
}

Types fractional_shape(ShapeContext& context, int axes) {
  const int first = expect_channels(context, 0, axes) + 1;
  context.expect_floating(0);
  Shape shape = context.shape();
  for (int axis = 0; axis < axes; ++axis) {
    Dim& size = shape[first + axis];
    const std::int64_t kernel = context.attributes().integers("kernel_size")[axis];
    const Dim result = fractional_size(context, size, axes, axis);
    // LibTorch wants one element more of a volume.
    expect_room(context, 0, size, result + (kernel - (axes == 3 ? 0 : 1)),
                fmt::format("an input {} enough for {} places of kernel {}", axis_word(axes, axis),
                            result.str(), kernel));
    size = result;
  }
  return with_places(context, shape);
}

std::optional<Misfit> window_misfit(const Attributes& a) {
  const auto& padding = a.integers("padding");
  for (size_t axis = 0; axis < padding.size(); ++axis) {
    const std::int64_t kernel = a.integers("kernel_size")[axis];
    if (padding[axis] > kernel / 2)
      return Misfit{"padding", "at most half of kernel_size",
                    fmt::format("padding {} for kernel_size {}", padding[axis], kernel)};
  }
  return std::nullopt;
}

std::optional<Misfit> norm_misfit(const Attributes& a) {
  if (a.real("norm_type") == 0) return Misfit{"norm_type", "another number than 0", "0"};
  return std::nullopt;
}

std::optional<Misfit> adaptive_misfit(const Attributes& a) {
  for (std::int64_t size : a.integers("output_size"))
    if (size == 0) return Misfit{"output_size", "at least 1, or -1 for the input's own size", "0"};
  return std::nullopt;
}

std::optional<Misfit> fractional_misfit(const Attributes& a) {
  if (a.has("output_size") == a.has("output_ratio"))
    return Misfit{"one of output_size and output_ratio", "given", a.has("output_size") ? "both" : "neither"};
  if (!a.has("output_ratio")) return std::nullopt;
  const size_t count = a.reals("output_ratio").size(), axes = a.integers("kernel_size").size();
  if (count != 1 && count != axes)
    return Misfit{"output_ratio", fmt::format("one number or {}", axes), str(a.at("output_ratio"))};
  return std::nullopt;
}

Attribute window_stride(int axes) {
  return optional_sizes("stride", axes, 1, "step of the window; none: kernel_size");
}
Attribute kernel(int axes) { return required_sizes("kernel_size", axes, 1, "sizes of the window"); }
Attribute window_padding(int axes) {
  return sizes_or("padding", axes, 0, 0, "border added at each side, at most half of the window");
}
Attribute ceil_mode() { return flag("ceil_mode", false, "a last window may reach over the border"); }
Attribute return_indices() {
  return flag("return_indices", false, "a second output tells where in its plane each element was");
}

using ShapeOfAxes = Types (*)(ShapeContext&, int);

Descriptor pool(std::string name, std::string doc, int axes, std::vector<Attribute> options,
                ShapeOfAxes shape) {
  name += fmt::format("Pool{}d", axes);
  return {.name = name,
          .kind = OperationKind::layer,
          .category = Category::pooling,
          .doc = std::move(doc),
          .inputs = {input_port(layouts(axes))},
          .attributes = std::move(options),
          .shape = [shape, axes](ShapeContext& context) { return shape(context, axes); },
          .torch = "torch.nn." + name};
}

Descriptor indexed(Descriptor d) {
  d.outputs = {"output", "indices"};
  d.outputs_vary = true;
  return d;
}

// The two forms have their last options in different orders.
void add_max_pool(Registry& registry, int axes) {
  const std::vector<Attribute> first = {
      kernel(axes), window_stride(axes), window_padding(axes),
      sizes_or("dilation", axes, 1, 1, "distance of the window's elements")};
  const auto with = [&](const Attribute& one, const Attribute& other) {
    std::vector<Attribute> options = first;
    options.insert(options.end(), {one, other});
    return options;
  };
  Descriptor layer = indexed(pool("Max", "Keeps the largest element of each window.", axes,
                                  with(return_indices(), ceil_mode()), max_pool_shape));
  layer.parameters = none_but(window_misfit);
  layer.onnx = "MaxPool";
  layer.transform = fmt::format("max_pool{}d", axes);
  Descriptor transform = functional(layer, layer.transform, window_misfit);
  transform.attributes = with(ceil_mode(), return_indices());
  registry.add(std::move(layer));
  registry.add(std::move(transform));
}

void add_avg_pool(Registry& registry, int axes) {
  std::vector<Attribute> options = {
      kernel(axes), window_stride(axes), window_padding(axes), ceil_mode(),
      flag("count_include_pad", true, "the padding's zeros count in the average")};
  if (axes > 1)
    options.push_back({.name = "divisor_override",
                       .doc = "divides by this instead of by the window's size; none: the size",
                       .min = 1});
  Descriptor layer = pool("Avg", "Averages each window.", axes, std::move(options), avg_pool_shape);
  layer.onnx = "AveragePool";
  add_both(registry, std::move(layer), fmt::format("avg_pool{}d", axes), window_misfit);
}

void add_lp_pool(Registry& registry, int axes) {
  Descriptor layer = pool("LP", "Takes the p-norm of each window.", axes,
                          {{.name = "norm_type",
                            .type = AttributeType::number,
                            .doc = "the power p: 1 sums, a large one comes near the largest element",
                            .required = true},
                           kernel(axes),
                           window_stride(axes),
                           ceil_mode()},
                          lp_pool_shape);
  layer.onnx = "LpPool";
  add_both(registry, std::move(layer), fmt::format("lp_pool{}d", axes), norm_misfit);
}

void add_adaptive_pools(Registry& registry, int axes) {
  const Attribute size = required_sizes("output_size", axes, -1, "sizes of the output; -1: the input's own");
  add_both(registry,
           pool("AdaptiveAvg", "Averages windows chosen so that the output has the wanted size.", axes,
                {size}, adaptive_avg_shape),
           fmt::format("adaptive_avg_pool{}d", axes), adaptive_misfit);
  add_both(registry,
           indexed(pool("AdaptiveMax",
                        "Keeps the largest of windows chosen so that the output has the wanted size.", axes,
                        {size, return_indices()}, adaptive_max_shape)),
           fmt::format("adaptive_max_pool{}d", axes), adaptive_misfit);
}

void add_fractional_pool(Registry& registry, int axes) {
  Descriptor layer = indexed(
      pool("FractionalMax",
           "Keeps the largest of windows laid at random so that the output has the wanted size.", axes,
           {kernel(axes),
            optional_sizes("output_size", axes, 1, "sizes of the output"),
            {.name = "output_ratio",
             .type = AttributeType::reals,
             .doc = "sizes of the output as parts of the input's, each or all between 0 and 1",
             .min = 0,
             .max = 1,
             .above_min = true,
             .below_max = true,
             .count = 0},
            return_indices()},
           fractional_shape));
  layer.draws = true;
  add_both(registry, std::move(layer), fmt::format("fractional_max_pool{}d", axes), fractional_misfit);
}

}  // namespace

void add_pooling(Registry& registry) {
  for (int axes : {1, 2, 3}) {
    add_max_pool(registry, axes);
    add_avg_pool(registry, axes);
    add_lp_pool(registry, axes);
    add_adaptive_pools(registry, axes);
    if (axes > 1) add_fractional_pool(registry, axes);
    add_unpooling(registry, axes);
  }
}

}  // namespace orrery
