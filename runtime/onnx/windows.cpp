#include "runtime/onnx/windows.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

void require_axes(const OnnxCall& call, const char* attribute, const Sizes& sizes, std::size_t wanted) {
  if (sizes.size() != wanted)
    call.refuse(fmt::format("'{}' has {} numbers, expected {}", attribute, sizes.size(), wanted));
}

// So much border that there are as many windows as strides in the input; an odd element goes to one end.
void pad_to_same(const OnnxCall& call, const Shape& input, OnnxWindow& window, bool upper) {
  for (std::size_t axis = 0; axis < window.axes(); ++axis) {
    const std::int64_t stride = window.stride[axis], extent = window.extent(axis);
    std::int64_t total = extent - 1;
    if (stride != 1) {
      const std::int64_t size =
          OnnxComposer(call).known(input[axis + 2], onnx_axis_word(axis, window.axes()));
      total = ((size + stride - 1) / stride - 1) * stride + extent - size;
    }
    total = std::max<std::int64_t>(total, 0);
    window.before[axis] = upper ? total / 2 : total - total / 2;
    window.behind[axis] = total - window.before[axis];
  }
}

void pad(const OnnxCall& call, const Shape& input, OnnxWindow& window) {
  const std::size_t axes = window.axes();
  const std::string how = call.text("auto_pad", "NOTSET");
  window.before = window.behind = Sizes(axes, 0);
  if (how == "SAME_UPPER" || how == "SAME_LOWER")
    return pad_to_same(call, input, window, how == "SAME_UPPER");
  if (how == "VALID") return;
  if (how != "NOTSET" && !how.empty()) call.refuse(fmt::format("there is no auto_pad '{}'", how));
  const Sizes pads = call.integers("pads", Sizes(2 * axes, 0));
  require_axes(call, "pads", pads, 2 * axes);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(axes);
  window.before = {pads.begin(), middle};
  window.behind = {middle, pads.end()};
}

}  // namespace

bool OnnxWindow::bordered() const {
  const auto some = [](std::int64_t width) { return width != 0; };
  return std::ranges::any_of(before, some) || std::ranges::any_of(behind, some);
}

OnnxWindow onnx_window(const OnnxCall& call, const Shape& input, Sizes kernel) {
  const std::size_t axes = kernel.size();
  if (axes == 0 || input.size() != axes + 2)
    call.refuse(fmt::format("an input {} does not fit a window of {} axes", str(input), axes));
  OnnxWindow window{.kernel = std::move(kernel)};
  window.stride = call.integers("strides", Sizes(axes, 1));
  window.dilation = call.integers("dilations", Sizes(axes, 1));
  require_axes(call, "strides", window.stride, axes);
  require_axes(call, "dilations", window.dilation, axes);
  window.ceil = call.integer("ceil_mode", 0) != 0;
  pad(call, input, window);
  return window;
}

OnnxWindow onnx_window(const OnnxCall& call, const Shape& input) {
  return onnx_window(call, input, call.integers("kernel_shape"));
}

Value onnx_convolved(const OnnxCall& call, Value x, Value weight, Value bias, const OnnxWindow& window) {
  const std::size_t axes = window.axes();
  if (axes > 3) call.refuse(fmt::format("it slides over {} axes, of which Orrery knows at most 3", axes));
  if (!window.even()) x = OnnxComposer(call).pad(x, window.before, window.behind, 0.0);
  return call.apply(fmt::format("conv{}d", axes), {x, weight, bias},
                    {{"stride", window.stride},
                     {"padding", window.even() ? window.before : Sizes(axes, 0)},
                     {"dilation", window.dilation},
                     {"groups", call.integer("group", 1)}});
}

}  // namespace orrery
