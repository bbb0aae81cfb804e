#include "runtime/formats/zip.h"

#include <algorithm>

#include <zlib.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/zip_directory.h"

namespace orrery {
namespace {

// No byte of deflated data makes more than 1032 bytes (zlib's technical note).
constexpr std::uint64_t kMostRatio = 1032;
constexpr std::size_t kMostBytesAPart = 1u << 30;

struct Stream {
  explicit Stream(const std::string& source) {
    const int result = inflateInit2(&z, -MAX_WBITS);
    check(result != Z_MEM_ERROR, Fault::memory, "out of memory while inflating {}", source);
    invariant(result == Z_OK, "zlib refuses to start");
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  z_stream z{};
};

// Fills `into` as far as the packed bytes reach; returns the bytes made. `whole`: the data must end with it.
std::size_t inflate_raw(std::span<const std::byte> packed, std::span<std::byte> into, bool whole,
                        const std::string& source) {
  Stream stream(source);
  std::size_t used = 0, made = 0;
  int result = Z_OK;
  while (result == Z_OK && (made < into.size() || whole)) {
    const auto input = static_cast<uInt>(std::min(packed.size() - used, kMostBytesAPart));
    const auto output = static_cast<uInt>(std::min(into.size() - made, kMostBytesAPart));
    std::byte none{};
    stream.z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data() + used));
    stream.z.avail_in = input;
    stream.z.next_out = reinterpret_cast<Bytef*>(into.empty() ? &none : into.data() + made);
    stream.z.avail_out = output;
    result = inflate(&stream.z, Z_NO_FLUSH);
    used += input - stream.z.avail_in;
    made += output - stream.z.avail_out;
  }
  check(result != Z_MEM_ERROR, Fault::memory, "out of memory while inflating {}", source);
  const bool good = whole ? result == Z_STREAM_END && made == into.size() : result >= Z_OK;
  check(good, Fault::input_file, "{} is damaged: its deflated data is not valid", source);
  return made;
}

}  // namespace

ZipReader::ZipReader(const std::string& path, const FileSystem& files)
    : file_(path, files), entries_(read_zip_directory(file_)) {}

Bytes ZipReader::read(const ZipEntry& entry, std::uint64_t max_bytes) const {
  const std::string source = quote_path(path()) + ": its member " + quote_path(entry.name);
  check(entry.bytes <= max_bytes, Fault::input_file, "{} has {}, more than the {} allowed here", source,
        byte_count(entry.bytes), byte_count(max_bytes));
  check(!entry.deflated || entry.bytes / kMostRatio <= entry.packed_bytes, Fault::input_file,
        "{} is damaged: {} cannot inflate to {}", source, byte_count(entry.packed_bytes),
        byte_count(entry.bytes));
  Bytes content(static_cast<std::size_t>(entry.bytes));
  if (entry.deflated) {
    Bytes packed(static_cast<std::size_t>(entry.packed_bytes));
    file_.read(entry.data_start, packed.span());
    inflate_raw(packed.span(), content.span(), true, source);
  } else {
    file_.read(entry.data_start, content.span());
  }
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
  check(sum == entry.checksum, Fault::input_file, "{} is damaged: its checksum differs", source);
  return content;
}

Bytes ZipReader::read_start(const ZipEntry& entry, std::size_t count) const {
  const std::string source = quote_path(path()) + ": its member " + quote_path(entry.name);
  Bytes content(static_cast<std::size_t>(std::min<std::uint64_t>(entry.bytes, count)));
  if (!entry.deflated) return file_.read(entry.data_start, content.span()), std::move(content);
  // Deflated bytes may be more than those they stand for, by a few in 16,383.
  Bytes packed(static_cast<std::size_t>(std::min<std::uint64_t>(entry.packed_bytes, count + count / 8 + 64)));
  file_.read(entry.data_start, packed.span());
  content.shorten(inflate_raw(packed.span(), content.span(), false, source));
  return content;
}

void ZipReader::read_stored(const ZipEntry& entry, std::uint64_t offset, std::span<std::byte> into) const {
  invariant(!entry.deflated && offset <= entry.bytes && into.size() <= entry.bytes - offset,
            "a part of a zip member that it does not have");
  file_.read(entry.data_start + offset, into);
}

}  // namespace orrery
