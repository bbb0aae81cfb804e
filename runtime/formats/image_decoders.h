#pragma once

#include <optional>

#include "runtime/formats/image.h"

namespace orrery {

// One pair per format. Headers are checked; sizes are those of the header.

ImageHeader parse_png_header(std::span<const std::byte> data, const std::string& source);
Image decode_png(std::span<const std::byte> data, ImageMode mode, const std::string& source);
/// Where the frame's marker stands, whose size and colours follow it; none when the data end before, which is
/// for the caller to judge: it may have read a start only.
std::optional<std::size_t> find_jpeg_frame(std::span<const std::byte> data, const std::string& source);
/// None where there is no frame.
std::optional<ImageHeader> parse_jpeg_header(std::span<const std::byte> data, const std::string& source);
Image decode_jpeg(std::span<const std::byte> data, ImageMode mode, const std::string& source);

/// The start of a file, as much as its header takes; all of one that has none.
Bytes read_image_start(const std::string& path, const FileSystem& files);

/// The luminance of an image of three channels, as Pillow computes it (ITU-R 601-2, 16 bits of fraction).
Image in_grey(const Image& image);

}  // namespace orrery
