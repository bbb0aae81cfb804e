#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/files/file_system.h"
#include "runtime/formats/image.h"
#include "runtime/graph/attributes.h"

namespace orrery {

/// Several images in one, as torchvision.utils.make_grid (0.26) does it: `tensor` is (N, C, H, W), (C, H, W)
/// or (H, W) of one or three channels; a single channel becomes three equal ones. `options`: of
/// image_attributes(), `mean` and `std` left out. Throws `Error(Fault::usage)` for another shape.
at::Tensor make_grid(const at::Tensor& tensor, const Attributes& options);

/// Writes a tensor, or the grid of a batch, as an image: times `std` plus `mean` where they are given, then
/// 0 … 1 becomes 0 … 255, clamped and rounded as torchvision.utils.save_image does; bytes (uint8) are taken
/// as they are, NaN is black. `options`: of image_attributes(). Atomic; faults as `write_image` and
/// `make_grid`.
void write_tensor_image(Engine& engine, const std::string& path, const at::Tensor& tensor,
                        const Attributes& options, const FileSystem& files = posix_files());

/// The image of a file as (C, H, W): float32 in 0 … 1, or its bytes.
at::Tensor read_tensor_image(Engine& engine, const std::string& path, ImageMode mode, bool as_bytes,
                             const FileSystem& files = posix_files());

}  // namespace orrery
