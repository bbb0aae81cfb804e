#include "runtime/formats/gzip.h"

#include <algorithm>
#include <cstring>

#include <zlib.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"

namespace orrery {
namespace {

constexpr std::uint64_t kRatioFreeBytes = 16u << 20;
constexpr std::size_t kFirstCapacity = 1u << 16;
constexpr std::size_t kMostBytesACall = 1u << 30;
constexpr int kGzipWindow = 16 + MAX_WBITS;

class Inflater {
 public:
  Inflater(std::span<const std::byte> data, const std::string& source) : rest_(data), source_(source) {
    const int result = inflateInit2(&stream_, kGzipWindow);
    check(result != Z_MEM_ERROR, Fault::memory, "out of memory while inflating {}", source);
    invariant(result == Z_OK, "zlib refuses to start");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Fills `into` from its start and returns the bytes made; fewer than asked only at the end of the
  // data, where `complete` tells whether the last member was whole.
  std::size_t fill(std::span<std::byte> into);

  bool complete() const { return complete_; }

 private:
  std::size_t step(std::span<std::byte> into);
  bool next_member();
  [[noreturn]] void refuse(const char* what) const {
    fail(Fault::input_file, "{} is damaged: {}", source_, what);
  }

  z_stream stream_{};
  std::span<const std::byte> rest_;
  std::string source_;
  bool complete_ = false;
};

std::size_t Inflater::fill(std::span<std::byte> into) {
  std::size_t made = 0;
  while (made < into.size()) {
    if (complete_ && !next_member()) break;
    const std::size_t before = rest_.size();
    const std::size_t count = step(into.subspan(made));
    made += count;
    if (count == 0 && rest_.size() == before && !complete_) break;
  }
  return made;
}

std::size_t Inflater::step(std::span<std::byte> into) {
  const auto input = static_cast<uInt>(std::min(rest_.size(), kMostBytesACall));
  const auto output = static_cast<uInt>(std::min(into.size(), kMostBytesACall));
  stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest_.data()));
  stream_.avail_in = input;
  stream_.next_out = reinterpret_cast<Bytef*>(into.data());
  stream_.avail_out = output;
  const int result = inflate(&stream_, Z_NO_FLUSH);
  rest_ = rest_.subspan(input - stream_.avail_in);
  if (result == Z_MEM_ERROR) fail(Fault::memory, "out of memory while inflating {}", source_);
  if (result == Z_DATA_ERROR || result == Z_NEED_DICT) {
    refuse(stream_.msg ? stream_.msg : "its gzip data is not valid");
  }
  complete_ = result == Z_STREAM_END;
  return output - stream_.avail_out;
}

bool Inflater::next_member() {
  const auto zero = [](std::byte b) { return b == std::byte{0}; };
  if (std::all_of(rest_.begin(), rest_.end(), zero)) return false;
  if (!is_gzip(rest_)) refuse("there are other bytes after its gzip data");
  inflateReset(&stream_);
  complete_ = false;
  return true;
}

// What the last member says of its size (modulo 2^32), where that is believable.
std::size_t first_capacity(std::span<const std::byte> data, std::uint64_t max_bytes) {
  if (data.size() < 18) return kFirstCapacity;
  std::uint32_t claim = 0;
  for (int i = 4; i >= 1; --i) claim = claim << 8 | static_cast<std::uint32_t>(data[data.size() - 5 + i]);
  const std::uint64_t most = std::min<std::uint64_t>(max_bytes, std::uint64_t{data.size()} * 16);
  // One byte more than the claim: the call that finds the end then needs no larger buffer.
  return std::clamp<std::uint64_t>(std::uint64_t{claim} + 1, 1,
                                   std::max<std::uint64_t>(most, kFirstCapacity));
}

Bytes grown(const Bytes& from, std::size_t used, std::size_t capacity) {
  Bytes to(capacity);
  if (used != 0) std::memcpy(to.data(), from.data(), used);
  return to;
}

void check_limits(std::uint64_t made, std::uint64_t given, const std::string& source,
                  const InflateLimits& limits) {
  check(made <= limits.max_bytes, Fault::input_file, "{} inflates to more than the {} allowed here", source,
        byte_count(limits.max_bytes));
  const bool bomb =
      made > kRatioFreeBytes && static_cast<double>(made) > limits.max_ratio * static_cast<double>(given);
  check(!bomb, Fault::input_file,
        "{} inflates to more than {} times its size, as only a decompression bomb does", source,
        limits.max_ratio);
}

}  // namespace

bool is_gzip(std::span<const std::byte> data) {
  return data.size() >= 2 && data[0] == std::byte{0x1F} && data[1] == std::byte{0x8B};
}

Bytes gunzip(std::span<const std::byte> data, const std::string& source, const InflateLimits& limits) {
  Inflater inflater(data, source);
  Bytes content(first_capacity(data, limits.max_bytes));
  std::size_t used = 0;
  for (;;) {
    const std::size_t count = inflater.fill(content.span().subspan(used));
    used += count;
    check_limits(used, data.size(), source, limits);
    if (used < content.size()) break;
    content = grown(content, used, content.size() * 2);
  }
  check(inflater.complete(), Fault::input_file, "{} is damaged: its gzip data ends too early", source);
  content.shorten(used);
  return content;
}

Bytes gunzip_start(std::span<const std::byte> data, std::size_t count, const std::string& source) {
  Inflater inflater(data, source);
  Bytes content(count);
  content.shorten(inflater.fill(content.span()));
  return content;
}

Bytes read_content(const std::string& path, const InflateLimits& limits, const FileSystem& files) {
  Bytes bytes = read_file(path, limits.max_bytes, files);
  if (!is_gzip(bytes.span())) return bytes;
  return gunzip(bytes.span(), quote_path(path), limits);
}

}  // namespace orrery
