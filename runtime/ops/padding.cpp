#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "runtime/core/dtype.h"
#include "runtime/ops/borders.h"
#include "runtime/ops/families.h"
#include "runtime/ops/functional.h"
#include "runtime/ops/options.h"
#include "runtime/ops/windows.h"

namespace orrery {
namespace {

using Widths = std::vector<std::int64_t>;

// Puts a border around the last dimensions; widths are written from the last one on.
Shape around(ShapeContext& context, const Widths& widths, const std::string& mode) {
  const int axes = static_cast<int>(widths.size() / 2);
  Shape shape = context.shape();
  for (int i = 0; i < axes; ++i) {
    const int at = context.rank() - 1 - i;
    const std::string word =
        axes <= 3 ? axis_word(axes, axes - 1 - i) : fmt::format("large in dimension {}", at);
    shape[at] = bordered(context, 0, shape[at], {widths[2 * i], widths[2 * i + 1]}, mode, word);
  }
  return shape;
}

// LibTorch repeats no truth values, and knows no other ranks where it repeats at all.
void expect_repeatable(ShapeContext& context, int axes, const std::string& mode) {
  if (context.input(0).dtype == DType::boolean && mode != "circular")
    context.expects_dtype(0, "an input of numbers", "Convert it first: x:to(\"float32\").");
  expect_channels(context, 0, axes);
}

// The largest number of a dtype; the least is 0 or about its negative.
double largest(DType dtype) {
  switch (dtype) {
    case DType::uint8: return 255;
    case DType::int8: return 127;
    case DType::int16: return 32767;
    case DType::int32: return 2147483647;
    case DType::int64: return 0x1p62;
    case DType::float16: return 65504;
    case DType::bfloat16: return 3.3895e38;
    case DType::float32: return std::numeric_limits<float>::max();
    default: return std::numeric_limits<double>::infinity();
  }
}

void expect_holdable(const ShapeContext& context) {
  const Attributes& a = context.attributes();
  if (!a.has("value")) return;
  const DType dtype = context.input(0).dtype;
  const double value = a.real("value"), high = largest(dtype), low = dtype == DType::uint8 ? 0 : -high;
  if ((value >= low && value <= high) || (is_floating(dtype) && std::isinf(value))) return;
  context.expects_option(fmt::format("a value between {} and {} in a border of {}", low, high, name(dtype)),
                         str(a.at("value")));
}

std::vector<TensorType> layer_shape(ShapeContext& context, int axes, const std::string& mode) {
  if (mode == "constant") {
    context.expect_rank(0, axes + 1, axes + 2, layouts(axes));
  } else {
    expect_repeatable(context, axes, mode);
  }
  return {{around(context, context.attributes().integers("padding"), mode), context.input(0).dtype}};
}

std::vector<TensorType> constant_shape(ShapeContext& context, int axes) {
  expect_holdable(context);
  return layer_shape(context, axes, "constant");
}

std::optional<Misfit> pad_misfit(const Attributes& a) {
  const Widths& widths = a.integers("pad");
  const std::string& mode = a.text("mode");
  if (widths.size() % 2 != 0)
    return Misfit{"pad", "two numbers for each dimension, from the last one on", str(a.at("pad"))};
  if (mode == "constant") return std::nullopt;
  if (widths.empty() || widths.size() > 6)
    return Misfit{"pad", fmt::format("2, 4 or 6 numbers in mode \"{}\"", mode), str(a.at("pad"))};
  if (a.has("value") && a.real("value") != 0)
    return Misfit{"value", fmt::format("left out in mode \"{}\"", mode), str(a.at("value"))};
  return std::nullopt;
}

std::vector<TensorType> pad_shape(ShapeContext& context) {
  const Widths& widths = context.attributes().integers("pad");
  const std::string& mode = context.attributes().text("mode");
  const int axes = static_cast<int>(widths.size() / 2);
  if (mode != "constant") expect_repeatable(context, axes, mode);
  expect_holdable(context);
  if (context.rank() < axes)
    context.expects_option(fmt::format("at most {} numbers in pad for an input of shape {}",
                                       2 * context.rank(), str(context.shape())),
                           std::to_string(widths.size()));
  return {{around(context, widths, mode), context.input(0).dtype}};
}

struct Kind {
  const char* name;
  const char* mode;
  const char* doc;
};

constexpr Kind kKinds[] = {
    {"Zero", "constant", "Adds a border of zeros."},
    {"Reflection", "reflect", "Adds a border that mirrors the input at its edge."},
    {"Replication", "replicate", "Adds a border that repeats the input's edge."},
    {"Circular", "circular", "Adds a border taken from the input's other end."},
};

Attribute widths(int axes) {
  return {.name = "padding",
          .type = AttributeType::sizes,
          .doc = axes == 1 ? "left and right; negative numbers take away"
                           : "left, right, top, bottom and so on; negative numbers take away",
          .required = true,
          .count = 2 * axes};
}

Descriptor layer_of(const Kind& kind, int axes) {
  const std::string name = fmt::format("{}Pad{}d", kind.name, axes), mode = kind.mode;
  std::vector<Attribute> options = {widths(axes)};
  if (kind.name == std::string("Constant"))
    options.push_back(
        {.name = "value", .type = AttributeType::number, .doc = "what the border holds", .required = true});
  return {.name = name,
          .kind = OperationKind::layer,
          .category = Category::padding,
          .doc = kind.doc,
          .inputs = {input_port(layouts(axes))},
          .attributes = {widths(axes)},
          .shape = [axes, mode](ShapeContext& context) { return layer_shape(context, axes, mode); },
          .parameters = no_parameters,
          .torch = "torch.nn." + name,
          .onnx = "Pad"};
}

Descriptor constant_layer(int axes) {
  Descriptor d = layer_of({"Constant", "constant", "Adds a border of one value."}, axes);
  d.attributes.push_back(
      {.name = "value", .type = AttributeType::number, .doc = "what the border holds", .required = true});
  d.shape = [axes](ShapeContext& context) { return constant_shape(context, axes); };
  return d;
}

Descriptor pad() {
  return {.category = Category::padding,
          .doc = "Adds a border around the last dimensions.",
          .inputs = {input_port("(…); (N, C, …) or (C, …) unless the border is constant")},
          .attributes = {{.name = "pad",
                          .type = AttributeType::integers,
                          .doc = "two numbers for each dimension, from the last one on; negative ones "
                                 "take away",
                          .required = true},
                         {.name = "mode",
                          .type = AttributeType::text,
                          .doc = "what the border holds",
                          .value = "constant",
                          .choices = border_modes()},
                         {.name = "value",
                          .type = AttributeType::number,
                          .doc = "what a constant border holds; none: 0"}},
          .shape = pad_shape,
          .onnx = "Pad"};
}

}  // namespace

void add_padding(Registry& registry) {
  for (int axes : {1, 2, 3}) registry.add(constant_layer(axes));
  for (const Kind& kind : kKinds)
    for (int axes : {1, 2, 3}) registry.add(layer_of(kind, axes));
  registry.add(functional(pad(), "pad", pad_misfit));
}

}  // namespace orrery
