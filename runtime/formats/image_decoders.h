#pragma once

#include "runtime/formats/image.h"

namespace orrery {

// One pair per format. Headers are checked; sizes are those of the header.

ImageHeader parse_png_header(std::span<const std::byte> data, const std::string& source);
Image decode_png(std::span<const std::byte> data, ImageMode mode, const std::string& source);
/// Nothing is wrong with data that ends before the size: the header then has width 0.
ImageHeader parse_jpeg_header(std::span<const std::byte> data, const std::string& source);
Image decode_jpeg(std::span<const std::byte> data, ImageMode mode, const std::string& source);

/// The luminance of an image of three channels, as Pillow computes it (ITU-R 601-2, 16 bits of fraction).
Image in_grey(const Image& image);

}  // namespace orrery
