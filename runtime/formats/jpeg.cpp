// JPEG images by libjpeg.
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jerror.h>
#include <jpeglib.h>

#include "runtime/core/error.h"
#include "runtime/formats/byte_order.h"
#include "runtime/formats/image_decoders.h"

namespace orrery {
namespace {

constexpr std::size_t kFrameBytes = 10;  // marker, length, bits, height, width, number of components

// Frames: SOF0 to SOF15 without DHT, JPG and DAC, which share their range.
bool starts_frame(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// libjpeg reports errors by a call that must not come back: nothing with a destructor may live in the
// functions that the jump leaves, so that everything lies here.
struct Decoder {
  jpeg_error_mgr errors{};
  jpeg_decompress_struct jpeg{};
  std::jmp_buf leave;
  char fault[JMSG_LENGTH_MAX] = "";
  Bytes row;
  Image* image = nullptr;

  ~Decoder() { jpeg_destroy_decompress(&jpeg); }
};

void on_error(j_common_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, decoder->fault);
  std::longjmp(decoder->leave, 1);
}

// Of what the decoder only warns about, pixels that it would make up are errors here.
void on_message(j_common_ptr jpeg, int level) {
  const int code = jpeg->err->msg_code;
  const bool made_up = code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE;
  if (level < 0 && made_up) on_error(jpeg);
}

void on_output(j_common_ptr) {}

bool start(Decoder* decoder, std::span<const std::byte> data) {
  jpeg_decompress_struct& jpeg = decoder->jpeg;
  if (setjmp(decoder->leave)) return false;
  jpeg_create_decompress(&jpeg);
  jpeg.client_data = decoder;
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(data.data()), data.size());
  jpeg_read_header(&jpeg, TRUE);
  const bool cmyk = jpeg.num_components == 4;
  const bool grey = jpeg.num_components == 1;
  jpeg.out_color_space = cmyk ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&jpeg);
  return true;
}

// Adobe writes CMYK inverted. The rounding is Pillow's.
void place_cmyk(const std::byte* from, bool inverted, std::int64_t width, std::byte* to) {
  const auto ink = [&](int i) {
    const unsigned value = static_cast<unsigned>(from[i]);
    return inverted ? 255 - value : value;
  };
  for (std::int64_t x = 0; x < width; ++x, from += 4, to += 3) {
    const unsigned paper = 255 - ink(3);
    for (int i = 0; i < 3; ++i) {
      const unsigned product = ink(i) * paper + 128;
      to[i] = static_cast<std::byte>(paper - (((product >> 8) + product) >> 8));
    }
  }
}

void place_grey(const std::byte* from, std::int64_t width, std::byte* to) {
  for (std::int64_t x = 0; x < width; ++x, to += 3) std::memset(to, static_cast<int>(from[x]), 3);
}

bool read_rows(Decoder* decoder) {
  jpeg_decompress_struct& jpeg = decoder->jpeg;
  Image& image = *decoder->image;
  if (setjmp(decoder->leave)) return false;
  while (jpeg.output_scanline < jpeg.output_height) {
    std::byte* to = image.pixels.data() + std::size_t{3} * jpeg.output_width * jpeg.output_scanline;
    auto* row = reinterpret_cast<JSAMPROW>(jpeg.out_color_components == 3 ? to : decoder->row.data());
    jpeg_read_scanlines(&jpeg, &row, 1);
    if (jpeg.out_color_components == 4)
      place_cmyk(decoder->row.data(), jpeg.saw_Adobe_marker, image.width, to);
    if (jpeg.out_color_components == 1) place_grey(decoder->row.data(), image.width, to);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

void check_decoded(bool good, const Decoder& decoder, const std::string& source) {
  check(good, Fault::input_file, "{} is damaged: {}", source, decoder.fault);
}

}  // namespace

std::optional<std::size_t> find_jpeg_frame(std::span<const std::byte> data, const std::string& source) {
  std::size_t at = 2;
  while (at + 4 <= data.size()) {
    check(byte_at(data, at) == 0xFF, Fault::input_file, "{} is damaged: its JPEG header is not valid",
          source);
    const unsigned marker = byte_at(data, at + 1);
    if (marker == 0xFF) {  // fills
      ++at;
      continue;
    }
    check(marker != 0xD9 && marker != 0xDA, Fault::input_file, "{} is damaged: its JPEG header has no size",
          source);
    const std::size_t length = byte_at(data, at + 2) << 8 | byte_at(data, at + 3);
    check(length >= 2, Fault::input_file, "{} is damaged: its JPEG header is not valid", source);
    if (starts_frame(marker)) {
      if (at + kFrameBytes > data.size()) break;
      return at;
    }
    at += 2 + length;
  }
  return std::nullopt;
}

std::optional<ImageHeader> parse_jpeg_header(std::span<const std::byte> data, const std::string& source) {
  const auto frame = find_jpeg_frame(data, source);
  if (!frame) return std::nullopt;
  return ImageHeader{byte_at(data, *frame + 7) << 8 | byte_at(data, *frame + 8),
                     byte_at(data, *frame + 5) << 8 | byte_at(data, *frame + 6)};
}

Image decode_jpeg(std::span<const std::byte> data, ImageMode mode, const std::string& source) {
  Image image{.channels = 3};
  Decoder decoder;
  decoder.jpeg.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = on_error;
  decoder.errors.emit_message = on_message;
  decoder.errors.output_message = on_output;
  decoder.jpeg.client_data = &decoder;
  decoder.image = &image;
  check_decoded(start(&decoder, data), decoder, source);
  image.width = decoder.jpeg.output_width;
  image.height = decoder.jpeg.output_height;
  image.pixels = Bytes(static_cast<std::size_t>(3 * image.width * image.height));
  decoder.row = Bytes(static_cast<std::size_t>(4 * image.width));
  check_decoded(read_rows(&decoder), decoder, source);
  return mode == ImageMode::rgb ? std::move(image) : in_grey(image);
}

}  // namespace orrery
