#pragma once

#include <vector>

#include "runtime/onnx/call.h"

namespace orrery {

/// How a kernel or a pool's window slides over the axes behind batch and channels; one entry for each axis.
struct OnnxWindow {
  std::vector<std::int64_t> kernel, stride, dilation;
  std::vector<std::int64_t> before, behind;  ///< the border at either end
  bool ceil = false;                         ///< a last window may reach over the end

  std::size_t axes() const { return kernel.size(); }
  /// From the window's first to its last element.
  std::int64_t extent(std::size_t axis) const { return dilation[axis] * (kernel[axis] - 1) + 1; }
  /// The border is the same at both ends, as LibTorch wants it.
  bool even() const { return before == behind; }
  bool bordered() const;
};

/// Reads `strides`, `dilations`, `pads` (or `auto_pad`, for which some sizes must be known) and `ceil_mode`
/// of a node whose window has that kernel over an input of that shape.
OnnxWindow onnx_window(const OnnxCall& call, const Shape& input, std::vector<std::int64_t> kernel);

/// The same for the attribute `kernel_shape`.
OnnxWindow onnx_window(const OnnxCall& call, const Shape& input);

/// Slides the kernels of a value over another; the bias may be empty. A border that is not even is added
/// before.
Value onnx_convolved(const OnnxCall& call, Value x, Value weight, Value bias, const OnnxWindow& window);

}  // namespace orrery
