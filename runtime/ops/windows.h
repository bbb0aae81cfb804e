#pragma once

#include <string>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// A window that slides along one axis: of a convolution's kernel or of a pool.
struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;  ///< at either end
  std::int64_t dilation = 1;
  bool ceil = false;  ///< a last window may reach over the end, but must begin before it

  /// From the window's first to its last element.
  std::int64_t extent() const { return dilation * (kernel - 1) + 1; }
};

/// How many places the window takes along an axis of that size. Stops when there is none; `axis` is
/// `high` or `wide`.
Dim places(ShapeContext& context, int port, const Dim& size, const Window& window, const std::string& axis);

/// The options kernel_size, stride (none: the kernel size), padding (numbers) and dilation, of axis 0
/// (height) or 1 (width). Options that an operation does not have stay at their defaults.
Window window_of(const Attributes& attributes, int axis);

/// The shape (…, C, H, W) with the last two dimensions slid over. Stops unless it is (C, H, W) or
/// (N, C, H, W).
Shape slide(ShapeContext& context, int port);

}  // namespace orrery
