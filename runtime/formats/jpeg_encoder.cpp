// Writing JPEG by libjpeg.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include "runtime/core/error.h"
#include "runtime/formats/image_writer.h"

namespace orrery {
namespace {

// libjpeg reports errors by a call that must not come back, as in jpeg.cpp: what has a destructor lies here.
struct JpegEncoder {
  jpeg_error_mgr errors{};
  jpeg_compress_struct jpeg{};
  std::jmp_buf leave;
  char fault[JMSG_LENGTH_MAX] = "";
  unsigned char* bytes = nullptr;
  unsigned long count = 0;

  ~JpegEncoder() {
    jpeg_destroy_compress(&jpeg);
    std::free(bytes);
  }
};

void on_jpeg_error(j_common_ptr jpeg) {
  auto* encoder = static_cast<JpegEncoder*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, encoder->fault);
  std::longjmp(encoder->leave, 1);
}

void on_jpeg_output(j_common_ptr) {}

// False after an error.
bool encode(JpegEncoder* encoder, const Image* image, int quality) {
  jpeg_compress_struct& jpeg = encoder->jpeg;
  if (setjmp(encoder->leave)) return false;
  jpeg_create_compress(&jpeg);
  jpeg.client_data = encoder;
  jpeg_mem_dest(&jpeg, &encoder->bytes, &encoder->count);
  jpeg.image_width = static_cast<JDIMENSION>(image->width);
  jpeg.image_height = static_cast<JDIMENSION>(image->height);
  jpeg.input_components = static_cast<int>(image->channels);
  jpeg.in_color_space = image->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    const auto* row = image->pixels.data() + jpeg.next_scanline * image->width * image->channels;
    // libjpeg only reads what it is given to write.
    auto* samples = reinterpret_cast<JSAMPROW>(const_cast<std::byte*>(row));
    jpeg_write_scanlines(&jpeg, &samples, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

std::string encode_jpeg(const Image& image, int quality) {
  JpegEncoder encoder;
  encoder.jpeg.err = jpeg_std_error(&encoder.errors);
  encoder.errors.error_exit = on_jpeg_error;
  encoder.errors.output_message = on_jpeg_output;
  encoder.jpeg.client_data = &encoder;
  check(encode(&encoder, &image, quality), Fault::run, "the JPEG image could not be made: {}", encoder.fault);
  return {reinterpret_cast<const char*>(encoder.bytes), encoder.count};
}

}  // namespace orrery
