#include "runtime/formats/idx.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/byte_order.h"
#include "runtime/formats/gzip.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

// Enough compressed bytes for any header: gzip's own header rarely has 100.
constexpr std::size_t kStartBytes = 1 << 16;

std::optional<DType> dtype_of(unsigned type) {
  switch (type) {
    case 0x08: return DType::uint8;
    case 0x09: return DType::int8;
    case 0x0B: return DType::int16;
    case 0x0C: return DType::int32;
    case 0x0D: return DType::float32;
    case 0x0E: return DType::float64;
    default: return std::nullopt;
  }
}

// Every partial product must fit, as it must in a tensor of that shape.
void check_product(const IdxHeader& header, const std::string& source) {
  std::int64_t bytes = element_size(header.dtype);
  for (const std::int64_t dim : header.dims) {
    const bool fits = dim == 0 || bytes <= std::numeric_limits<std::int64_t>::max() / dim;
    check(fits, Fault::input_file, "{} is damaged: its IDX header asks for more than 2^63 bytes ({})", source,
          fmt::join(header.dims, "×"));
    bytes *= dim;
  }
}

void to_native_order(const IdxHeader& header, Bytes& values) {
  if constexpr (std::endian::native == std::endian::big) return;
  swap_byte_order(values.span(), static_cast<std::size_t>(element_size(header.dtype)));
}

void check_size(const IdxHeader& header, std::uint64_t size, const std::string& source) {
  const std::uint64_t expected = static_cast<std::uint64_t>(header.data_bytes()) + header.header_bytes();
  check(size == expected, Fault::input_file,
        "{} is damaged: its IDX header tells of {} {} values, {} bytes in all, but there are {}", source,
        fmt::join(header.dims, "×"), name(header.dtype), expected, size);
}

IdxHeader start_of_plain(const InputFile& file, const Bytes& start, const std::string& source) {
  IdxHeader header = parse_idx_header(start.span(), source);
  check_size(header, file.size(), source);
  return header;
}

Bytes read_start(const InputFile& file, std::uint64_t count) {
  Bytes start(std::min<std::uint64_t>(file.size(), count));
  file.read(0, start.span());
  return start;
}

IdxArray read_plain(const InputFile& file, const Bytes& start, std::uint64_t max_bytes,
                    const std::string& source) {
  IdxArray array{start_of_plain(file, start, source), {}};
  check(file.size() <= max_bytes, Fault::input_file, "{} has {}, more than the {} allowed here", source,
        byte_count(file.size()), byte_count(max_bytes));
  array.values = Bytes(static_cast<std::size_t>(array.header.data_bytes()));
  file.read(static_cast<std::uint64_t>(array.header.header_bytes()), array.values.span());
  to_native_order(array.header, array.values);
  return array;
}

IdxArray read_gzip(const InputFile& file, const Bytes& start, std::uint64_t max_bytes,
                   const std::string& source) {
  const IdxHeader header =
      parse_idx_header(gunzip_start(start.span(), kIdxMaxHeaderBytes, source).span(), source);
  const std::uint64_t expected = static_cast<std::uint64_t>(header.data_bytes()) + header.header_bytes();
  check(std::max(expected, file.size()) <= max_bytes, Fault::input_file,
        "{} inflates to {}, more than the {} allowed here", source, byte_count(expected),
        byte_count(max_bytes));
  const Bytes packed = read_start(file, file.size());
  return parse_idx(gunzip(packed.span(), source, {.max_bytes = max_bytes}).span(), source);
}

}  // namespace

std::int64_t IdxHeader::count() const {
  std::int64_t product = 1;
  for (const std::int64_t dim : dims) product *= dim;
  return product;
}

IdxHeader parse_idx_header(std::span<const std::byte> data, const std::string& source) {
  const bool magic = data.size() >= 4 && byte_at(data, 0) == 0 && byte_at(data, 1) == 0;
  const std::optional<DType> dtype = magic ? dtype_of(byte_at(data, 2)) : std::nullopt;
  if (!dtype) {
    const FileKind kind = sniff(data);
    const std::string_view what = kind == FileKind::idx ? describe(FileKind::unknown) : describe(kind);
    throw Error(Fault::input_file, fmt::format("{} is not an IDX file but {}", source, what), {},
                std::string(remedy(kind)));
  }
  IdxHeader header{*dtype, {}};
  const std::size_t rank = byte_at(data, 3);
  check(data.size() >= 4 + 4 * rank, Fault::input_file, "{} is damaged: it ends inside its IDX header",
        source);
  for (std::size_t i = 0; i < rank; ++i) header.dims.push_back(big_endian_32(data, 4 + 4 * i));
  check_product(header, source);
  return header;
}

IdxArray parse_idx(std::span<const std::byte> data, const std::string& source) {
  IdxArray array{parse_idx_header(data, source), {}};
  check_size(array.header, data.size(), source);
  array.values = Bytes(static_cast<std::size_t>(array.header.data_bytes()));
  const auto values = data.subspan(static_cast<std::size_t>(array.header.header_bytes()));
  if (!values.empty()) std::memcpy(array.values.data(), values.data(), values.size());
  to_native_order(array.header, array.values);
  return array;
}

IdxHeader read_idx_header(const std::string& path, const FileSystem& files) {
  const InputFile file(path, files);
  const std::string source = quote_path(path);
  const Bytes start = read_start(file, kStartBytes);
  if (!is_gzip(start.span())) return start_of_plain(file, start, source);
  return parse_idx_header(gunzip_start(start.span(), kIdxMaxHeaderBytes, source).span(), source);
}

IdxArray read_idx(const std::string& path, std::uint64_t max_bytes, const FileSystem& files) {
  const InputFile file(path, files);
  const std::string source = quote_path(path);
  const Bytes start = read_start(file, kStartBytes);
  if (is_gzip(start.span())) return read_gzip(file, start, max_bytes, source);
  return read_plain(file, start, max_bytes, source);
}

}  // namespace orrery
