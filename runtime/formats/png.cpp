// PNG images by libpng.
#include <cstring>
#include <vector>

#include <png.h>

#include "runtime/core/error.h"
#include "runtime/formats/byte_order.h"
#include "runtime/formats/image_decoders.h"

namespace orrery {
namespace {

constexpr std::size_t kHeaderBytes = 8 + 8 + 13;  // signature, length and name of the first chunk, its data

// libpng reports errors by a jump out of its functions: nothing with a destructor may live in the functions
// that it jumps over, so that everything lies here.
struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::byte> rest;
  std::string fault;
  std::vector<png_bytep> rows;

  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
};

void on_error(png_structp png, png_const_charp text) {
  static_cast<Decoder*>(png_get_error_ptr(png))->fault = text;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep into, std::size_t count) {
  auto* decoder = static_cast<Decoder*>(png_get_io_ptr(png));
  if (decoder->rest.size() < count) png_error(png, "it ends too early");
  std::memcpy(into, decoder->rest.data(), count);
  decoder->rest = decoder->rest.subspan(count);
}

// False after an error.
bool start(Decoder* decoder) {
  if (setjmp(png_jmpbuf(decoder->png))) return false;
  png_set_read_fn(decoder->png, decoder, on_read);
  png_set_crc_action(decoder->png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
  // Only what tells how pixels are stored is looked at: nothing else is inflated.
  png_set_keep_unknown_chunks(decoder->png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(decoder->png, decoder->info);
  // Palettes, fewer bits and 16 bits become 8 bits a channel, colours where there are any.
  png_set_strip_16(decoder->png);
  png_set_expand(decoder->png);
  png_set_strip_alpha(decoder->png);
  png_set_gray_to_rgb(decoder->png);
  png_set_interlace_handling(decoder->png);
  png_read_update_info(decoder->png, decoder->info);
  return true;
}

bool read_rows(Decoder* decoder) {
  if (setjmp(png_jmpbuf(decoder->png))) return false;
  png_read_image(decoder->png, decoder->rows.data());
  png_read_end(decoder->png, nullptr);
  return true;
}

void check_decoded(bool good, const Decoder& decoder, const std::string& source) {
  check(good, Fault::input_file, "{} is damaged: {}", source,
        decoder.fault.empty() ? "its PNG data is not valid" : decoder.fault);
}

}  // namespace

ImageHeader parse_png_header(std::span<const std::byte> data, const std::string& source) {
  const bool good = data.size() >= kHeaderBytes && std::memcmp(data.data() + 12, "IHDR", 4) == 0;
  check(good, Fault::input_file, "{} is damaged: it has no PNG header", source);
  return {big_endian_32(data, 16), big_endian_32(data, 20)};
}

Image decode_png(std::span<const std::byte> data, ImageMode mode, const std::string& source) {
  Decoder decoder{.rest = data};
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, on_error, on_warning);
  if (decoder.png) decoder.info = png_create_info_struct(decoder.png);
  check(decoder.info != nullptr, Fault::memory, "out of memory while reading {}", source);
  check_decoded(start(&decoder), decoder, source);
  Image image{.width = png_get_image_width(decoder.png, decoder.info),
              .height = png_get_image_height(decoder.png, decoder.info),
              .channels = 3};
  const std::size_t row = png_get_rowbytes(decoder.png, decoder.info);
  check(row == static_cast<std::size_t>(3 * image.width), Fault::input_file,
        "{} is damaged: its PNG data is not valid", source);
  image.pixels = Bytes(row * static_cast<std::size_t>(image.height));
  for (std::int64_t y = 0; y < image.height; ++y)
    decoder.rows.push_back(reinterpret_cast<png_bytep>(image.pixels.data()) +
                           row * static_cast<std::size_t>(y));
  check_decoded(read_rows(&decoder), decoder, source);
  return mode == ImageMode::rgb ? std::move(image) : in_grey(image);
}

}  // namespace orrery
