#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/functional.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

constexpr int kGrid = 1;

std::vector<TensorType> like(const ShapeContext& context, Shape shape) {
  return {{std::move(shape), context.input(0).dtype}};
}

// The part of a dimension that is left when it is divided; stops when that does not come out.
Dim divided(ShapeContext& context, const Dim& size, std::int64_t by, const std::string& what) {
  const Dim part = floor_div(size, by);
  context.expect_equal(0, part * by, size, fmt::format("{} divisible by {}", what, by), size.str());
  return part;
}

void expect_image(const ShapeContext& context) {
  if (context.rank() < 3) context.expects(0, "an input (…, C, H, W)", str(context.shape()));
}

std::vector<TensorType> pixel_shuffle_shape(ShapeContext& context) {
  const std::int64_t factor = context.attributes().integer("upscale_factor");
  expect_image(context);
  Shape shape = context.shape();
  Dim* image = &shape[shape.size() - 3];
  image[0] = divided(context, image[0], (Dim(factor) * Dim(factor)).value(), "a number of channels");
  image[1] = image[1] * factor;
  image[2] = image[2] * factor;
  return like(context, shape);
}

std::vector<TensorType> pixel_unshuffle_shape(ShapeContext& context) {
  const std::int64_t factor = context.attributes().integer("downscale_factor");
  expect_image(context);
  Shape shape = context.shape();
  Dim* image = &shape[shape.size() - 3];
  image[0] = image[0] * Dim(factor) * Dim(factor);
  image[1] = divided(context, image[1], factor, "a height");
  image[2] = divided(context, image[2], factor, "a width");
  return like(context, shape);
}

std::vector<TensorType> channel_shuffle_shape(ShapeContext& context) {
  if (context.rank() < 3)
    context.expects(0, "an input (N, C, …) of at least 3 dimensions", str(context.shape()));
  const Dim& channels = context.shape()[1];
  const std::int64_t groups = context.attributes().integer("groups");
  expect_groups(context, 0, channels, groups,
                fmt::format("a number of channels divisible by {} groups", groups), channels.str());
  return {context.input(0)};
}

void expect_same_batch(ShapeContext& context, const Dim& batch, int port, const std::string& what) {
  context.expect_equal(port, context.shape(port)[0], batch,
                       fmt::format("{} for a batch of {}", what, batch.str()), context.shape(port)[0].str());
}

std::vector<TensorType> grid_sample_shape(ShapeContext& context) {
  context.expect_rank(0, 4, 5, "(N, C, H, W) or (N, C, D, H, W)");
  context.expect_floating(0);
  const Shape &input = context.shape(), &grid = context.shape(kGrid);
  const int axes = context.rank() - 2;
  if (context.input(kGrid).dtype != context.input(0).dtype)
    context.expects_dtype(kGrid,
                          fmt::format("a grid of dtype {}, as its input", name(context.input(0).dtype)));
  const std::string expected = axes == 2 ? "a grid (N, H, W, 2)" : "a grid (N, D, H, W, 3)";
  if (grid.size() != input.size()) context.expects(kGrid, expected, str(grid));
  context.expect_equal(kGrid, grid.back(), axes, expected, str(grid));
  expect_same_batch(context, input[0], kGrid, "a grid");
  for (int i = 2; i < context.rank(); ++i)
    context.expect_at_least(0, input[i], 1, "an input whose dimensions are not 0", str(input));
  if (axes == 3 && context.attributes().text("mode") == "bicubic")
    context.expects_option("mode \"bilinear\" or \"nearest\" for volumes", "\"bicubic\"");
  Shape shape = {input[0], input[1]};
  shape.insert(shape.end(), grid.begin() + 1, grid.end() - 1);
  return like(context, shape);
}

std::vector<TensorType> affine_grid_shape(ShapeContext& context) {
  context.expect_floating(0);
  const Shape& size = context.attributes().shape("size");
  if (size.size() != 4 && size.size() != 5)
    context.expects_option("size (N, C, H, W) or (N, C, D, H, W)", str(size));
  const std::int64_t axes = static_cast<std::int64_t>(size.size()) - 2;
  const Shape& theta = context.shape();
  const std::string expected = fmt::format("matrices (N, {}, {}) for size {}", axes, axes + 1, str(size));
  if (theta.size() != 3) context.expects(0, expected, str(theta));
  context.expect_equal(0, theta[1], axes, expected, str(theta));
  context.expect_equal(0, theta[2], axes + 1, expected, str(theta));
  expect_same_batch(context, size[0], 0, "matrices");
  Shape shape = {size[0]};
  shape.insert(shape.end(), size.begin() + 2, size.end());
  shape.push_back(axes);
  return like(context, shape);
}

Descriptor shuffle(std::string name, std::string doc, Attribute option,
                   std::vector<TensorType> (*shape)(ShapeContext&), std::string onnx) {
  return {.name = name,
          .kind = OperationKind::layer,
          .category = Category::vision,
          .doc = std::move(doc),
          .inputs = {input_port("(…, C, H, W)")},
          .attributes = {std::move(option)},
          .shape = shape,
          .torch = "torch.nn." + name,
          .onnx = std::move(onnx)};
}

void add_shuffles(Registry& registry) {
  add_both(registry,
           shuffle("PixelShuffle", "Turns groups of channels into larger images.",
                   count_of("upscale_factor", "how many times as high and wide"), pixel_shuffle_shape,
                   "DepthToSpace"),
           "pixel_shuffle");
  add_both(registry,
           shuffle("PixelUnshuffle", "Turns squares of pixels into channels.",
                   count_of("downscale_factor", "how many times less high and wide"), pixel_unshuffle_shape,
                   "SpaceToDepth"),
           "pixel_unshuffle");
  Descriptor channels = shuffle("ChannelShuffle", "Deals the channels out among groups.",
                                count_of("groups", "so many groups"), channel_shuffle_shape, "");
  channels.inputs = {input_port("(N, C, …)")};
  add_both(registry, std::move(channels), "channel_shuffle");
}

Attribute align_corners() {
  return {.name = "align_corners",
          .type = AttributeType::boolean,
          .doc = "-1 and 1 are the centres of the outermost elements, not their edges; none: false"};
}

Attribute choice(std::string name, std::string doc, std::vector<std::string> choices) {
  const std::string first = choices.front();
  return {.name = std::move(name),
          .type = AttributeType::text,
          .doc = std::move(doc),
          .value = first,
          .choices = std::move(choices)};
}

Descriptor grid_sample() {
  return {
      .category = Category::vision,
      .doc = "Reads an input at places given by a grid.",
      .inputs = {input_port("(N, C, H, W) or (N, C, D, H, W)"),
                 {.name = "grid",
                  .doc = "places (x, y) or (x, y, z) between -1 and 1: (N, H, W, 2) or (N, D, H, W, 3)"}},
      .attributes = {choice("mode", "how elements between the input's are told",
                            {"bilinear", "nearest", "bicubic"}),
                     choice("padding_mode", "what lies outside the input", {"zeros", "border", "reflection"}),
                     align_corners()},
      .shape = grid_sample_shape,
      .onnx = "GridSample"};
}

Descriptor affine_grid() {
  return {.category = Category::vision,
          .doc = "The grid that moves an image by a matrix, for grid_sample.",
          .inputs = {{.name = "theta", .doc = "matrices (N, 2, 3) or (N, 3, 4)"}},
          .attributes = {{.name = "size",
                          .type = AttributeType::shape,
                          .doc = "shape of the output: (N, C, H, W) or (N, C, D, H, W)",
                          .required = true,
                          .min = 1},
                         align_corners()},
          .shape = affine_grid_shape,
          .onnx = "AffineGrid"};
}

}  // namespace

void add_vision(Registry& registry) {
  add_shuffles(registry);
  add_resizing(registry);
  registry.add(functional(grid_sample(), "grid_sample"));
  registry.add(functional(affine_grid(), "affine_grid"));
  add_predecessors(registry);
}

}  // namespace orrery
