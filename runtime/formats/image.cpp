#include "runtime/formats/image.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/image_decoders.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr std::uint64_t kFirstBytes = 4096;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{2} << 30;

FileKind kind_of(std::span<const std::byte> data, const std::string& source) {
  const FileKind kind = sniff(data.first(std::min(data.size(), kSniffBytes)));
  if (kind == FileKind::png || kind == FileKind::jpeg) return kind;
  throw Error(Fault::input_file, fmt::format("{} is no PNG or JPEG image but {}", source, describe(kind)), {},
              std::string(remedy(kind)));
}

// None of the start of a JPEG that ends before its size.
std::optional<ImageHeader> header_of(std::span<const std::byte> data, const std::string& source) {
  return kind_of(data, source) == FileKind::png ? parse_png_header(data, source)
                                                : parse_jpeg_header(data, source);
}

ImageHeader checked(std::optional<ImageHeader> found, const std::string& source) {
  check(found.has_value(), Fault::input_file, "{} is damaged: it ends inside its JPEG header", source);
  const ImageHeader header = *found;
  check(header.width > 0 && header.height > 0, Fault::input_file, "{} is damaged: it is {}×{} pixels large",
        source, header.width, header.height);
  check(header.height <= kMaxPixels / header.width, Fault::input_file,
        "{} has {}×{} pixels, more than the {} allowed", source, header.width, header.height, kMaxPixels);
  return header;
}

}  // namespace

Image in_grey(const Image& image) {
  Image grey{.width = image.width,
             .height = image.height,
             .channels = 1,
             .pixels = Bytes(static_cast<std::size_t>(image.width * image.height))};
  const std::byte* from = image.pixels.data();
  for (std::byte& to : grey.pixels.span()) {
    const auto part = [&](int i) { return static_cast<unsigned>(from[i]); };
    to = static_cast<std::byte>((part(0) * 19595 + part(1) * 38470 + part(2) * 7471 + 0x8000) >> 16);
    from += 3;
  }
  return grey;
}

ImageHeader parse_image_header(std::span<const std::byte> data, const std::string& source) {
  return checked(header_of(data, source), source);
}

Image parse_image(std::span<const std::byte> data, ImageMode mode, const std::string& source) {
  parse_image_header(data, source);
  return kind_of(data, source) == FileKind::png ? decode_png(data, mode, source)
                                                : decode_jpeg(data, mode, source);
}

Bytes read_image_start(const std::string& path, const FileSystem& files) {
  const InputFile file(path, files);
  // What cameras put before the size is some ten thousand bytes.
  for (std::uint64_t count = kFirstBytes;; count *= 16) {
    Bytes start(std::min(count, file.size()));
    file.read(0, start.span());
    if (start.size() == file.size() || header_of(start.span(), quote_path(path))) return start;
  }
}

ImageHeader read_image_header(const std::string& path, const FileSystem& files) {
  return parse_image_header(read_image_start(path, files).span(), quote_path(path));
}

Image read_image(const std::string& path, ImageMode mode, const FileSystem& files) {
  const Bytes data = read_file(path, kMaxFileBytes, files);
  return parse_image(data.span(), mode, quote_path(path));
}

}  // namespace orrery
