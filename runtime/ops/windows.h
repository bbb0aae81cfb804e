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

  /// From the window's first to its last element; fails when that is too large to be counted.
  std::int64_t extent() const { return (Dim(dilation) * Dim(kernel - 1) + Dim(1)).value(); }
};

/// What an input with so many axes (1 to 3) behind its channels looks like: `(N, C, L) or (C, L)`.
std::string layouts(int axes);
/// Completes "at least 3 …" for an axis: `long`; `high` and `wide`; `deep`, `high` and `wide`.
std::string axis_word(int axes, int axis);

/// Stops (`kernel-too-large`) unless the input has that size along an axis; keeps a guard when that cannot be
/// told yet.
void expect_room(ShapeContext& context, int port, const Dim& size, const Dim& least, std::string expected,
                 std::string remedy = {});

/// How many places the window takes along an axis of that size. Stops when there is none; `word` is the
/// axis's.
Dim places(ShapeContext& context, int port, const Dim& size, const Window& window, const std::string& word);

/// The options kernel_size, stride (none: the kernel size), padding (numbers), dilation and ceil_mode of
/// one axis. Options that an operation does not have stay at their defaults.
Window window_of(const Attributes& attributes, int axis);

/// The size that an option asks for where several would fit. Stops unless it lies between least and most;
/// `word` is the axis's.
Dim asked_size(ShapeContext& context, const Dim& least, const Dim& most, const Dim& wanted,
               const std::string& word);

/// The index of the channels in front of so many axes. Stops unless the input has those dimensions, with
/// or without a batch, and at least 1 channel.
int expect_channels(ShapeContext& context, int port, int axes);

/// The shape with its last `axes` dimensions slid over, channels and batch as they are.
Shape slide(ShapeContext& context, int port, int axes);

}  // namespace orrery
