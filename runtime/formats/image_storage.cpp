#include "runtime/formats/image_storage.h"

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/byte_order.h"
#include "runtime/formats/image_decoders.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

struct PngColours {
  unsigned type;
  std::string_view name;
  int channels;
};

// ISO/IEC 15948, 11.2.2.
constexpr PngColours kPngColours[] = {
    {0, "grey", 1}, {2, "RGB", 3}, {3, "palette", 1}, {4, "grey and alpha", 2}, {6, "RGBA", 4}};

void tell_png(std::span<const std::byte> data, const std::string& source, ImageStorage& storage) {
  storage.format = "PNG";
  storage.bits = static_cast<int>(byte_at(data, 24));
  storage.in_passes = byte_at(data, 28) != 0;
  for (const PngColours& colours : kPngColours) {
    if (colours.type != byte_at(data, 25)) continue;
    storage.colours = colours.name;
    storage.channels = colours.channels;
  }
  check(storage.channels > 0, Fault::input_file, "{} is damaged: a PNG has no colours of type {}", source,
        byte_at(data, 25));
}

// ISO/IEC 10918-1, B.2.2: marker, length, bits, height, width, components.
void tell_jpeg(std::span<const std::byte> data, const std::string& source, ImageStorage& storage) {
  const std::size_t frame = *find_jpeg_frame(data, source);
  storage.format = "JPEG";
  storage.bits = static_cast<int>(byte_at(data, frame + 4));
  storage.channels = byte_at(data, frame + 9);
  storage.in_passes = byte_at(data, frame + 1) % 4 == 2;
  storage.colours = storage.channels == 1 ? "grey" : storage.channels == 4 ? "CMYK" : "colour";
}

}  // namespace

ImageStorage read_image_storage(const std::string& path, const FileSystem& files) {
  const std::string source = quote_path(path);
  const Bytes start = read_image_start(path, files);
  const ImageHeader header = parse_image_header(start.span(), source);
  ImageStorage storage{.width = header.width, .height = header.height};
  const bool png = sniff(start.span().first(std::min(start.size(), kSniffBytes))) == FileKind::png;
  (png ? tell_png : tell_jpeg)(start.span(), source, storage);
  return storage;
}

}  // namespace orrery
