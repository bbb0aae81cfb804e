#include "runtime/ops/windows.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace orrery {

std::string layouts(int axes) {
  constexpr std::array<std::string_view, 3> kAxes = {"L", "H, W", "D, H, W"};
  return fmt::format("(N, C, {0}) or (C, {0})", kAxes[static_cast<size_t>(axes - 1)]);
}

std::string axis_word(int axes, int axis) {
  constexpr std::array<const char*, 3> kWords = {"deep", "high", "wide"};
  return axes == 1 ? "long" : kWords[static_cast<size_t>(3 - axes + axis)];
}

void expect_room(ShapeContext& context, int port, const Dim& size, const Dim& least, std::string expected,
                 std::string remedy) {
  context.expect({Guard::Relation::at_least,
                  size,
                  least,
                  {"kernel-too-large", port, std::move(expected), size.str(), std::move(remedy)}});
}

Dim places(ShapeContext& context, int port, const Dim& size, const Window& w, const std::string& word) {
  const std::int64_t slack = w.ceil ? w.stride - 1 : 0;
  const std::int64_t least = std::max<std::int64_t>(w.extent() - 2 * w.padding - slack, 1);
  const std::string dilated = w.dilation == 1 ? "" : fmt::format(", dilation {}", w.dilation);
  expect_room(context, port, size, least,
              fmt::format("an input at least {} {} (kernel {}, padding {}{})", least, word, w.kernel,
                          w.padding, dilated),
              "Use a smaller kernel or more padding, or shrink the input less before.");
  const Dim room = size + (2 * w.padding - w.extent());
  if (!w.ceil) return floor_div(room, w.stride) + 1;
  // PyTorch drops a last window that would begin in the padding behind the end.
  return min(ceil_div(room, w.stride) + 1, ceil_div(size + w.padding, w.stride));
}

namespace {

bool has_option(const Attributes& attributes, const std::string& name) {
  return std::any_of(attributes.entries().begin(), attributes.entries().end(),
                     [&](const auto& e) { return e.name == name; });
}

std::int64_t size_or(const Attributes& attributes, const std::string& name, int axis,
                     std::int64_t otherwise) {
  if (!has_option(attributes, name) || !attributes.has(name)) return otherwise;
  return attributes.integers(name)[axis];
}

}  // namespace

Window window_of(const Attributes& attributes, int axis) {
  Window window;
  window.kernel = attributes.integers("kernel_size")[axis];
  window.stride = size_or(attributes, "stride", axis, window.kernel);
  window.padding = size_or(attributes, "padding", axis, 0);
  window.dilation = size_or(attributes, "dilation", axis, 1);
  window.ceil = has_option(attributes, "ceil_mode") && attributes.boolean("ceil_mode");
  return window;
}

Dim asked_size(ShapeContext& context, const Dim& least, const Dim& most, const Dim& wanted,
               const std::string& word) {
  const std::string expected =
      fmt::format("an output_size between {} and {} {}", least.str(), most.str(), word);
  context.expect_at_least(-1, wanted, least, expected, wanted.str());
  context.expect_at_least(-1, most, wanted, expected, wanted.str());
  return wanted;
}

int expect_channels(ShapeContext& context, int port, int axes) {
  context.expect_rank(port, axes + 1, axes + 2, layouts(axes));
  const int channels = context.rank(port) - axes - 1;
  const Dim& count = context.shape(port)[channels];
  context.expect_at_least(port, count, 1, "at least 1 channel", count.str());
  return channels;
}

Shape slide(ShapeContext& context, int port, int axes) {
  const int first = expect_channels(context, port, axes) + 1;
  Shape shape = context.shape(port);
  for (int axis = 0; axis < axes; ++axis) {
    Dim& size = shape[first + axis];
    size = places(context, port, size, window_of(context.attributes(), axis), axis_word(axes, axis));
  }
  return shape;
}

}  // namespace orrery
