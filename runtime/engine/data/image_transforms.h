#pragma once

#include <ATen/core/Tensor.h>

#include "runtime/engine/data/random_stream.h"
#include "runtime/graph/attributes.h"

namespace orrery {

// Images are (…, C, H, W), of floats in 0…1 or of bytes. Formulas are those of torchvision 0.26,
// transforms/v2/functional, whose results they give.

// Geometry (image_geometry.cpp).
at::Tensor resized(const at::Tensor& image, std::int64_t height, std::int64_t width,
                   const std::string& interpolation, bool antialias);
/// `padding`: left, top, right, bottom. `mode`: constant, edge, reflect, symmetric.
at::Tensor padded(const at::Tensor& image, const std::vector<std::int64_t>& padding, double fill,
                  const std::string& mode);
at::Tensor cropped(const at::Tensor& image, std::int64_t top, std::int64_t left, std::int64_t height,
                   std::int64_t width);
at::Tensor center_cropped(const at::Tensor& image, std::int64_t height, std::int64_t width);

/// A turn (degrees, counter-clockwise for `rotated`, clockwise for `affine`), a move in pixels, a factor and
/// a shear (degrees, along x and y).
struct Warp {
  double angle = 0;
  double move_x = 0, move_y = 0;
  double scale = 1;
  double shear_x = 0, shear_y = 0;
};
at::Tensor warped(const at::Tensor& image, const Warp& warp, const std::string& interpolation, double fill);

// Colours (image_colours.cpp).
at::Tensor grey(const at::Tensor& image, std::int64_t channels);
at::Tensor with_brightness(const at::Tensor& image, double factor);
at::Tensor with_contrast(const at::Tensor& image, double factor);
at::Tensor with_saturation(const at::Tensor& image, double factor);
at::Tensor with_hue(const at::Tensor& image, double turn);

}  // namespace orrery
