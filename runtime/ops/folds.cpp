#include <fmt/format.h>

#include "runtime/core/dtype.h"
#include "runtime/ops/families.h"
#include "runtime/ops/functional.h"
#include "runtime/ops/options.h"
#include "runtime/ops/windows.h"

namespace orrery {
namespace {

constexpr int kAxes = 2;

// LibTorch copies blocks of these alone.
void expect_foldable(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (!is_differentiable(dtype) && dtype != DType::boolean) context.expect_floating(0);
}

std::int64_t kernel_area(const Attributes& a) {
  return a.integers("kernel_size")[0] * a.integers("kernel_size")[1];
}

std::vector<TensorType> unfold_shape(ShapeContext& context) {
  expect_foldable(context);
  const int channels = expect_channels(context, 0, kAxes);
  Shape shape = context.shape();
  Dim blocks = 1;
  for (int axis = 0; axis < kAxes; ++axis)
    blocks = blocks * places(context, 0, shape[channels + 1 + axis], window_of(context.attributes(), axis),
                             axis_word(kAxes, axis));
  shape.pop_back();
  shape[channels] = shape[channels] * kernel_area(context.attributes());
  shape[channels + 1] = blocks;
  return {{shape, context.input(0).dtype}};
}

// How many blocks lie in the output.
Dim blocks_of(ShapeContext& context) {
  Dim blocks = 1;
  for (int axis = 0; axis < kAxes; ++axis) {
    const Window window = window_of(context.attributes(), axis);
    const std::int64_t size = context.attributes().integers("output_size")[axis];
    const std::int64_t room = size + 2 * window.padding - window.extent();
    if (room < 0)
      context.expects_option(
          fmt::format("an output_size at least {} {}", size - room, axis_word(kAxes, axis)),
          std::to_string(size));
    blocks = blocks * (room / window.stride + 1);
  }
  return blocks;
}

std::vector<TensorType> fold_shape(ShapeContext& context) {
  expect_foldable(context);
  context.expect_rank(0, 2, 3, "(N, C · kernel, blocks) or (C · kernel, blocks)");
  Shape shape = context.shape();
  const std::int64_t area = kernel_area(context.attributes());
  Dim& channels = shape[shape.size() - 2];
  context.expect_at_least(0, channels, 1, "at least 1 channel", channels.str());
  const Dim planes = floor_div(channels, area);
  context.expect_equal(0, planes * area, channels, fmt::format("channels divisible by the kernel's {}", area),
                       channels.str());
  const Dim blocks = blocks_of(context);
  context.expect_equal(0, shape.back(), blocks, fmt::format("{} blocks", blocks.str()), shape.back().str());
  channels = planes;
  const auto& size = context.attributes().integers("output_size");
  shape.back() = size[0];
  shape.emplace_back(size[1]);
  return {{shape, context.input(0).dtype}};
}

std::vector<TensorType> windows_shape(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const std::int64_t size = a.integer("size"), step = a.integer("step");
  const int dim = context.wrapped_dim(0, a.integer("dimension"), "dimension");
  Shape shape = context.rank() == 0 ? Shape{1} : context.shape();
  Dim& along = shape[dim];
  context.expect_at_least(0, along, size, fmt::format("at least {} elements in dimension {}", size, dim),
                          along.str());
  along = floor_div(along - size, step) + 1;
  if (context.rank() == 0) shape.clear();
  shape.emplace_back(size);
  return {{shape, context.input(0).dtype}};
}

std::vector<Attribute> block_options() {
  return {required_sizes("kernel_size", kAxes, 1, "height and width of a block"),
          sizes_or("dilation", kAxes, 1, 1, "distance of a block's elements"),
          sizes_or("padding", kAxes, 0, 0, "border around the image"),
          sizes_or("stride", kAxes, 1, 1, "step from block to block")};
}

Descriptor layer(std::string name, std::string doc, std::string layout, std::vector<Attribute> options) {
  return {.name = name,
          .kind = OperationKind::layer,
          .category = Category::convolution,
          .doc = std::move(doc),
          .inputs = {input_port(std::move(layout))},
          .attributes = std::move(options),
          .parameters = no_parameters,
          .torch = "torch.nn." + name};
}

// torch.Tensor.unfold, which is another thing than torch.nn.functional.unfold, the layer.
Descriptor windows() {
  return {.name = "unfold",
          .category = Category::shape,
          .doc = "Windows along one dimension, each a row of a new last dimension.",
          .inputs = {input_port()},
          .attributes = {required_integer("dimension", "the dimension to slide along"),
                         {.name = "size", .doc = "elements in a window", .required = true, .min = 0},
                         count_of("step", "step from window to window")},
          .shape = windows_shape,
          .aliases = {{Alias::Kind::view}},
          .torch = "torch.Tensor.unfold"};
}

}  // namespace

void add_folds(Registry& registry) {
  Descriptor unfold =
      layer("Unfold", "Lays the blocks that a window slides over side by side, each as a column.",
            layouts(kAxes), block_options());
  unfold.shape = unfold_shape;
  registry.add(std::move(unfold));
  std::vector<Attribute> options = block_options();
  options.insert(options.begin(), required_sizes("output_size", kAxes, 1, "height and width of the output"));
  Descriptor fold = layer("Fold", "Adds blocks back into an image, the reverse of Unfold.",
                          "(N, C · kernel, blocks) or (C · kernel, blocks)", std::move(options));
  fold.shape = fold_shape;
  fold.onnx = "Col2Im";
  add_both(registry, std::move(fold), "fold");
  registry.add(windows());
}

}  // namespace orrery
