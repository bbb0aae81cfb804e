// Writing PNG by libpng.
#include <vector>

#include <png.h>

#include "runtime/core/error.h"
#include "runtime/formats/image_writer.h"

namespace orrery {
namespace {

// libpng reports errors by a jump out of its functions, as in png.cpp: what has a destructor lies here.
struct PngEncoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string bytes;
  std::string fault;
  std::vector<png_bytep> rows;

  ~PngEncoder() { png_destroy_write_struct(&png, &info); }
};

void on_encoder_error(png_structp png, png_const_charp text) {
  static_cast<PngEncoder*>(png_get_error_ptr(png))->fault = text;
  png_longjmp(png, 1);
}

void on_encoder_warning(png_structp, png_const_charp) {}

void on_encoded(png_structp png, png_bytep data, std::size_t count) {
  static_cast<PngEncoder*>(png_get_io_ptr(png))->bytes.append(reinterpret_cast<const char*>(data), count);
}

void on_flush(png_structp) {}

// False after an error.
bool encode(PngEncoder* encoder, const Image* image) {
  if (setjmp(png_jmpbuf(encoder->png))) return false;
  png_set_write_fn(encoder->png, encoder, on_encoded, on_flush);
  png_set_IHDR(encoder->png, encoder->info, static_cast<png_uint_32>(image->width),
               static_cast<png_uint_32>(image->height), 8,
               image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(encoder->png, encoder->info);
  png_write_image(encoder->png, encoder->rows.data());
  png_write_end(encoder->png, nullptr);
  return true;
}

}  // namespace

std::string encode_png(const Image& image) {
  PngEncoder encoder;
  encoder.png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoder, on_encoder_error, on_encoder_warning);
  if (encoder.png) encoder.info = png_create_info_struct(encoder.png);
  check(encoder.info != nullptr, Fault::memory, "out of memory while writing a PNG image");
  // libpng only reads what it is given to write.
  auto* pixels = reinterpret_cast<png_bytep>(const_cast<std::byte*>(image.pixels.data()));
  for (std::int64_t y = 0; y < image.height; ++y)
    encoder.rows.push_back(pixels + y * image.width * image.channels);
  check(encode(&encoder, &image), Fault::run, "the PNG image could not be made: {}", encoder.fault);
  return std::move(encoder.bytes);
}

}  // namespace orrery
