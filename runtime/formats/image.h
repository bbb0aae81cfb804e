#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/files/bytes.h"
#include "runtime/files/file_system.h"

namespace orrery {

/// The most pixels of an image that is read, as Pillow's limit: more is taken for a decompression bomb.
inline constexpr std::int64_t kMaxPixels = 178'956'970;

/// Size of an image, as its header tells.
struct ImageHeader {
  std::int64_t width = 0;
  std::int64_t height = 0;
};

/// An image of 8 bits a channel, row by row, the channels of a pixel beside each other.
struct Image {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t channels = 0;  ///< 1 or 3
  Bytes pixels;
};

/// Three channels, or the luminance alone; what the file has is converted as Pillow's `convert("RGB")` and
/// `convert("L")` do: transparency is dropped, 16 bits keep their upper 8, palettes are looked up, CMYK
/// becomes RGB, luminance is (299 R + 587 G + 114 B) / 1000. Profiles, and the orientation that a camera
/// noted, are not applied, as torchvision does not.
enum class ImageMode { rgb, grey };

/// The header of a PNG (ISO/IEC 15948, also interlaced; of an animation the first picture) or a JPEG (ISO/IEC
/// 10918-1, also progressive). `source` names the data in messages, as `quote_path` gives it. Throws
/// `Error(Fault::input_file)`: another format (named), damaged, or more than `kMaxPixels` pixels.
ImageHeader parse_image_header(std::span<const std::byte> data, const std::string& source);

/// The image in `data`. A file that is cut off is an error, also where decoders would fill up the rest.
Image parse_image(std::span<const std::byte> data, ImageMode mode, const std::string& source);

/// The header of a file; only its start is read, and of a JPEG as much as stands before its size.
ImageHeader read_image_header(const std::string& path, const FileSystem& files = posix_files());

/// The image of a file.
Image read_image(const std::string& path, ImageMode mode, const FileSystem& files = posix_files());

}  // namespace orrery
