#pragma once

#include <string>

#include "runtime/formats/image.h"

namespace orrery {

/// How good a JPEG is unless told otherwise, as Pillow writes it.
inline constexpr int kJpegQuality = 75;

/// True for a path that ends like an image that can be written: `.png`, `.jpg` or `.jpeg`, also in capitals.
bool is_image_path(const std::string& path);

/// The image as the bytes of a PNG (without loss), of one or three channels of 8 bits.
std::string encode_png(const Image& image);
/// The image as the bytes of a JPEG. `quality`: 1 … 100.
std::string encode_jpeg(const Image& image, int quality = kJpegQuality);

/// Writes an image in the format that the path ends like, atomically. Throws `Error(Fault::usage)` for
/// another ending, an image without pixels, or one with more than 65,535 (JPEG: 65,500) pixels a side;
/// `Error(Fault::write)` as `AtomicWriter` does.
void write_image(const std::string& path, const Image& image, int quality = kJpegQuality,
                 const FileSystem& files = posix_files());

}  // namespace orrery
