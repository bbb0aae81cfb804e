#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/files/file_system.h"

namespace orrery {

/// How a picture stands in its file, before it is converted to samples.
struct ImageStorage {
  std::string_view format;  ///< `PNG`, `JPEG`
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t channels = 0;  ///< of a palette 1
  int bits = 0;               ///< of a channel
  std::string_view
      colours;  ///< `grey`, `grey and alpha`, `palette`, `RGB`, `RGBA`; of a JPEG `grey`, `colour`, `CMYK`
  bool in_passes = false;  ///< interlaced PNG, progressive JPEG
};

/// Of a PNG or JPEG file; only its start is read. Faults as `read_image_header`.
ImageStorage read_image_storage(const std::string& path, const FileSystem& files = posix_files());

}  // namespace orrery
