#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/functional.h"
#include "runtime/ops/options.h"
#include "runtime/ops/windows.h"

namespace orrery {
namespace {

constexpr int kIndices = 1;

void expect_places(ShapeContext& context) {
  const Shape &input = context.shape(), &indices = context.shape(kIndices);
  const std::string expected = fmt::format("indices of shape {}, like its input", str(input));
  if (context.input(kIndices).dtype != DType::int64)
    context.expects_dtype(kIndices, "int64 indices",
                          "Take them from a pool: y, indices = pool(x), with return_indices = true.");
  if (input.size() != indices.size()) context.expects(kIndices, expected, str(indices));
  for (size_t i = 0; i < input.size(); ++i)
    context.expect_equal(kIndices, indices[i], input[i], expected, str(indices));
}

std::vector<TensorType> unpool_shape(ShapeContext& context, int axes) {
  const int first = expect_channels(context, 0, axes) + 1;
  context.expect_floating(0);
  expect_places(context);
  const Attributes& a = context.attributes();
  const Shape wanted = a.has("output_size") ? a.shape("output_size") : Shape();
  const int given = static_cast<int>(wanted.size());
  if (a.has("output_size") && given != axes && given != axes + 2)
    context.expects_option(fmt::format("{} or {} sizes in output_size", axes, axes + 2), str(wanted));
  Shape shape = context.shape();
  for (int axis = 0; axis < axes; ++axis) {
    Dim& size = shape[first + axis];
    const Window window = window_of(a, axis);
    const std::string word = axis_word(axes, axis);
    context.expect_at_least(0, size, 1, "an input at least 1 " + word, size.str());
    const Dim usual = (size - 1) * window.stride + (window.kernel - 2 * window.padding);
    // Pools of several sizes give one: any of these may be asked for.
    size = given == 0 ? usual
                      : asked_size(context, usual - (window.stride - 1), usual + (window.stride - 1),
                                   wanted[given - axes + axis], word);
    context.expect_at_least(0, size, 1, fmt::format("an input that leaves an output at least 1 {}", word),
                            size.str(), "Use less padding.");
  }
  return {{shape, context.input(0).dtype}};
}

}  // namespace

void add_unpooling(Registry& registry, int axes) {
  const std::string name = fmt::format("MaxUnpool{}d", axes);
  add_both(
      registry,
      {.name = name,
       .kind = OperationKind::layer,
       .category = Category::pooling,
       .doc = "Puts elements back where a max pool found them; the others are 0.",
       .inputs = {input_port(layouts(axes)), {.name = "indices", .doc = "where, as the pool told"}},
       .attributes = {required_sizes("kernel_size", axes, 1, "sizes of the pool's window"),
                      optional_sizes("stride", axes, 1, "step of the pool's window; none: kernel_size"),
                      sizes_or("padding", axes, 0, 0, "border that the pool added"),
                      at_call(
                          {.name = "output_size",
                           .type = AttributeType::shape,
                           .doc = "sizes of the output, where the pool's input was larger than its windows",
                           .min = 1})},
       .shape = [axes](ShapeContext& context) { return unpool_shape(context, axes); },
       .torch = "torch.nn." + name,
       .onnx = "MaxUnpool"},
      fmt::format("max_unpool{}d", axes));
}

}  // namespace orrery
