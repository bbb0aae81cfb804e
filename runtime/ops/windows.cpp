#include "runtime/ops/windows.h"

#include <algorithm>

#include <fmt/format.h>

namespace orrery {

Dim places(ShapeContext& context, int port, const Dim& size, const Window& w, const std::string& axis) {
  const std::int64_t slack = w.ceil ? w.stride - 1 : 0;
  const std::int64_t least = std::max<std::int64_t>(w.extent() - 2 * w.padding - slack, 1);
  const std::string dilated = w.dilation == 1 ? "" : fmt::format(", dilation {}", w.dilation);
  context.expect_at_least(port, size, least,
                          fmt::format("an input at least {} {} (kernel {}, padding {}{})", least, axis,
                                      w.kernel, w.padding, dilated),
                          size.str(),
                          "Use a smaller kernel or more padding, or shrink the image less before.");
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

Shape slide(ShapeContext& context, int port) {
  context.expect_rank(port, 3, 4, "(N, C, H, W) or (C, H, W)");
  Shape shape = context.shape(port);
  const size_t rank = shape.size();
  context.expect_at_least(port, shape[rank - 3], 1, "at least 1 channel", shape[rank - 3].str());
  shape[rank - 2] = places(context, port, shape[rank - 2], window_of(context.attributes(), 0), "high");
  shape[rank - 1] = places(context, port, shape[rank - 1], window_of(context.attributes(), 1), "wide");
  return shape;
}

}  // namespace orrery
