#include "renderers/png_image.h"

#include <cmath>
#include <vector>

#include <png.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

void append(png_structp png, png_bytep data, png_size_t length) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), length);
}

// The exception passes libpng's frames, which hold nothing that would have to be given back.
[[noreturn]] void give_up(png_structp, png_const_charp message) {
  throw Error(Fault::memory, std::string("PNG: ") + message);
}

struct Writer {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, give_up, nullptr);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { png_destroy_write_struct(&png, &info); }
};

void to_rgb(const unsigned char* row, int width, std::vector<unsigned char>& rgb) {
  const auto* dots = reinterpret_cast<const std::uint32_t*>(row);
  for (int x = 0; x < width; ++x) {
    rgb[3 * static_cast<size_t>(x)] = static_cast<unsigned char>(dots[x] >> 16);
    rgb[3 * static_cast<size_t>(x) + 1] = static_cast<unsigned char>(dots[x] >> 8);
    rgb[3 * static_cast<size_t>(x) + 2] = static_cast<unsigned char>(dots[x]);
  }
}

}  // namespace

std::string png_image(const Dots& dots, double dpi) {
  constexpr int kLightly = 3;
  constexpr double kMetresPerInch = 0.0254;
  std::string bytes;
  Writer writer;
  check(writer.info != nullptr, Fault::memory, "not enough memory for the drawing");
  png_set_write_fn(writer.png, &bytes, append, nullptr);
  png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(dots.width),
               static_cast<png_uint_32>(dots.height), 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const auto per_metre = static_cast<png_uint_32>(std::lround(dpi / kMetresPerInch));
  png_set_pHYs(writer.png, writer.info, per_metre, per_metre, PNG_RESOLUTION_METER);
  png_set_compression_level(writer.png, kLightly);
  png_set_filter(writer.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_write_info(writer.png, writer.info);
  std::vector<unsigned char> row(3 * static_cast<size_t>(dots.width));
  for (int y = 0; y < dots.height; ++y) {
    to_rgb(dots.rows + static_cast<std::ptrdiff_t>(y) * dots.stride, dots.width, row);
    png_write_row(writer.png, row.data());
  }
  png_write_end(writer.png, writer.info);
  return bytes;
}

}  // namespace orrery
