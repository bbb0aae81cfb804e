#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <zlib.h>

#include "runtime/core/error.h"
#include "runtime/formats/hdf5/hdf5_file.h"

namespace orrery {
namespace {

enum FilterId : std::uint64_t { kDeflate = 1, kShuffle = 2, kFletcher32 = 3 };

constexpr std::uint64_t kMostFilterGrowth = 1032;

// Bytes of one place in all elements stand beside each other.
Bytes unshuffled(std::span<const std::byte> from, std::size_t width) {
  Bytes to(from.size());
  const std::size_t count = width == 0 ? 0 : from.size() / width;
  for (std::size_t byte = 0; byte < width; ++byte)
    for (std::size_t at = 0; at < count; ++at) to.data()[at * width + byte] = from[byte * count + at];
  std::ranges::copy(from.subspan(count * width), to.data() + count * width);
  return to;
}

// HDF5's: words with their highest byte first, sums modulo 65535.
std::uint32_t fletcher32(std::span<const std::byte> data) {
  std::uint64_t first = 0, second = 0;
  for (std::size_t at = 0; at < data.size(); at += 2) {
    const auto high = static_cast<std::uint64_t>(data[at]);
    const auto low = at + 1 < data.size() ? static_cast<std::uint64_t>(data[at + 1]) : 0;
    first = (first + (high << 8 | low)) % 65535;
    second = (second + first) % 65535;
  }
  return static_cast<std::uint32_t>(second << 16 | first);
}

/// Undoes what filters did to a chunk.
class Unpacker {
 public:
  Unpacker(const Hdf5Source& source, const std::string& what, std::uint64_t bytes)
      : source_(source), what_(what), bytes_(bytes) {}

  Bytes undo(Bytes packed, const std::vector<Hdf5Filter>& filters, std::uint64_t left_out) const {
    for (std::size_t at = filters.size(); at-- > 0;) {
      if (at < 32 && (left_out >> at & 1)) continue;
      const Hdf5Filter& filter = filters[at];
      if (filter.id == kDeflate) packed = inflated(packed.span());
      if (filter.id == kShuffle)
        packed = unshuffled(packed.span(), filter.values.empty() ? 0 : filter.values[0]);
      if (filter.id == kFletcher32) packed = proved(std::move(packed));
    }
    if (packed.size() != bytes_) source_.damaged(what_);
    return packed;
  }

 private:
  // A checksum behind the chunk may have been packed with it.
  Bytes inflated(std::span<const std::byte> packed) const {
    const std::uint64_t most = bytes_ + 4;
    if (most / kMostFilterGrowth > packed.size() + 1) source_.damaged(what_);
    Bytes plain(static_cast<std::size_t>(most));
    auto size = static_cast<uLongf>(most);
    const int result = uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                                  reinterpret_cast<const Bytef*>(packed.data()), packed.size());
    if (result != Z_OK) source_.damaged(what_);
    plain.shorten(size);
    return plain;
  }

  Bytes proved(Bytes bytes) const {
    if (bytes.size() < 4) source_.damaged(what_);
    const std::size_t size = bytes.size() - 4;
    const std::uint64_t told = Hdf5Cursor(source_, bytes.text().substr(size), what_).number(4);
    if (told != fletcher32(bytes.span().first(size))) source_.damaged(what_);
    bytes.shorten(size);
    return bytes;
  }

  const Hdf5Source& source_;
  const std::string& what_;
  std::uint64_t bytes_;
};

/// Puts chunks where they belong in a dataset.
class Gather {
 public:
  Gather(const Hdf5Source& source, const Hdf5Dataset& dataset, const std::string& what,
         std::span<std::byte> into)
      : source_(source), dataset_(dataset), what_(what), into_(into) {
    width_ = static_cast<std::uint64_t>(dataset.dtype.bits / 8);
    chunk_bytes_ = width_;
    const std::uint64_t most = std::max<std::uint64_t>(source.size(), 1) * kMostFilterGrowth;
    for (std::size_t at = 0; at < dataset.shape.size(); ++at) {
      const auto size = static_cast<std::uint64_t>(dataset.shape[at]);
      if (dataset.chunk[at] > most / chunk_bytes_) source.damaged(what);
      chunk_bytes_ *= dataset.chunk[at];
      wanted_ *= (size + dataset.chunk[at] - 1) / dataset.chunk[at];
    }
  }

  void all() {
    if (dataset_.address == kHdf5Nowhere) missing();
    const std::size_t key = 8 + 8 * (dataset_.shape.size() + 1);
    visit_hdf5_tree(source_, dataset_.address, 1, key,
                    [&](std::string_view told, std::uint64_t address) { add(told, address); });
    if (places_.size() != wanted_) missing();
  }

 private:
  [[noreturn]] void missing() const {
    fail(Fault::input_file, "{}: {} was not written whole: {} of its {} chunks are there", source_.name(),
         what_, places_.size(), wanted_);
  }

  void add(std::string_view told, std::uint64_t address) {
    Hdf5Cursor key(source_, told, what_);
    const std::uint64_t packed = key.number(4), left_out = key.number(4);
    std::vector<std::uint64_t> start;
    for (std::size_t at = 0; at < dataset_.shape.size(); ++at) {
      start.push_back(key.number(8));
      const bool inside =
          start[at] < static_cast<std::uint64_t>(dataset_.shape[at]) && start[at] % dataset_.chunk[at] == 0;
      if (!inside) source_.damaged(what_);
    }
    if (!places_.insert(start).second) source_.damaged(what_);
    if (dataset_.filters.empty() && packed != chunk_bytes_) source_.damaged(what_);
    const Bytes plain = Unpacker(source_, what_, chunk_bytes_)
                            .undo(source_.block(address, packed, what_), dataset_.filters, left_out);
    put(plain.data(), start, 0, 0);
  }

  // `from` and `to` are elements before a row of a dimension; what hangs over the dataset's end is left out.
  void put(const std::byte* chunk, const std::vector<std::uint64_t>& start, std::uint64_t from,
           std::uint64_t to, std::size_t dim = 0) {
    if (dim == dataset_.shape.size()) return copy(chunk, from, to, 1);
    const auto size = static_cast<std::uint64_t>(dataset_.shape[dim]);
    const std::uint64_t count = std::min(dataset_.chunk[dim], size - start[dim]);
    from *= dataset_.chunk[dim];
    to = to * size + start[dim];
    if (dim + 1 == dataset_.shape.size()) return copy(chunk, from, to, count);
    for (std::uint64_t at = 0; at < count; ++at) put(chunk, start, from + at, to + at, dim + 1);
  }

  void copy(const std::byte* chunk, std::uint64_t from, std::uint64_t to, std::uint64_t count) {
    std::copy_n(chunk + from * width_, count * width_,
                into_.begin() + static_cast<std::ptrdiff_t>(to * width_));
  }

  const Hdf5Source& source_;
  const Hdf5Dataset& dataset_;
  const std::string& what_;
  std::span<std::byte> into_;
  std::uint64_t width_ = 1, chunk_bytes_ = 1, wanted_ = 1;
  std::set<std::vector<std::uint64_t>> places_;
};

}  // namespace

std::optional<std::string> refusal_of_filters(const std::vector<Hdf5Filter>& filters) {
  static const std::map<std::uint64_t, std::string> known = {
      {4, "szip"},    {5, "nbit"},      {6, "scaleoffset"}, {307, "bzip2"},
      {32000, "lzf"}, {32001, "blosc"}, {32004, "lz4"},     {32015, "zstd"}};
  for (const Hdf5Filter& filter : filters) {
    if (filter.id >= kDeflate && filter.id <= kFletcher32) continue;
    const auto found = known.find(filter.id);
    const std::string name = found != known.end() ? found->second : filter.name;
    return fmt::format("packed with the filter {}{}, which is not read; gzip and shuffle are", filter.id,
                       name.empty() ? "" : " (" + name + ")");
  }
  return std::nullopt;
}

void read_hdf5_chunks(const Hdf5Source& source, const Hdf5Dataset& dataset, const std::string& what,
                      std::span<std::byte> into) {
  Gather(source, dataset, what, into).all();
}

}  // namespace orrery
