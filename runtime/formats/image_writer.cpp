#include "runtime/formats/image_writer.h"

#include <cctype>

#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr std::int64_t kLongestPngSide = 65'535;
constexpr std::int64_t kLongestJpegSide = 65'500;  // JPEG_MAX_DIMENSION of libjpeg

bool ends_like(const std::string& path, const std::string& ending) {
  if (path.size() < ending.size()) return false;
  for (std::size_t i = 0; i < ending.size(); ++i) {
    const char letter = path[path.size() - ending.size() + i];
    if (std::tolower(static_cast<unsigned char>(letter)) != ending[i]) return false;
  }
  return true;
}

bool is_png_path(const std::string& path) { return ends_like(path, ".png"); }

void check_writable(const std::string& path, const Image& image) {
  check(is_image_path(path), Fault::usage, "{}: an image is written as .png, .jpg or .jpeg",
        quote_path(path));
  check(image.width > 0 && image.height > 0, Fault::usage, "{}: the image has no pixels ({}×{})",
        quote_path(path), image.width, image.height);
  const std::int64_t longest = is_png_path(path) ? kLongestPngSide : kLongestJpegSide;
  check(image.width <= longest && image.height <= longest, Fault::usage,
        "{}: the image has {}×{} pixels, and at most {} a side can be written", quote_path(path), image.width,
        image.height, longest);
}

}  // namespace

bool is_image_path(const std::string& path) {
  return is_png_path(path) || ends_like(path, ".jpg") || ends_like(path, ".jpeg");
}

void write_image(const std::string& path, const Image& image, int quality, const FileSystem& files) {
  check_writable(path, image);
  const std::string bytes = is_png_path(path) ? encode_png(image) : encode_jpeg(image, quality);
  write_atomically(path, std::string_view(bytes), files);
}

}  // namespace orrery
