#include "runtime/formats/npy.h"

#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/byte_order.h"
#include "runtime/formats/npy_header.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kPreambleBytes = 12;  // of versions 2 and 3; those of 1 are 10

std::optional<DType> dtype_of(std::string_view kind) {
  if (kind == "b1") return DType::boolean;
  if (kind == "u1") return DType::uint8;
  if (kind == "i1") return DType::int8;
  if (kind == "i2") return DType::int16;
  if (kind == "i4") return DType::int32;
  if (kind == "i8") return DType::int64;
  if (kind == "f2") return DType::float16;
  if (kind == "f4") return DType::float32;
  if (kind == "f8") return DType::float64;
  if (kind == "c8") return DType::complex64;
  if (kind == "c16") return DType::complex128;
  return std::nullopt;
}

void set_type(NpyHeader& header, const std::string& descr, const std::string& source) {
  const bool marked = descr.size() > 1 && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  const auto dtype = marked ? dtype_of(std::string_view(descr).substr(1)) : std::nullopt;
  const char kind = descr.size() > 1 ? descr[1] : '\0';
  check(kind != 'O', Fault::input_file, "{} holds Python objects, which only Python can read", source);
  check(kind != 'U' && kind != 'S', Fault::input_file, "{} holds texts; arrays of numbers are read", source);
  check(dtype.has_value(), Fault::input_file, "{} holds elements of type {}, which Orrery does not have",
        source, quote_path(descr));
  header.dtype = *dtype;
  header.big_endian = descr[0] == '>';
}

// Every partial product must fit, as it must in a tensor of that shape.
void check_product(const NpyHeader& header, const std::string& source) {
  std::int64_t bytes = element_size(header.dtype);
  for (const std::int64_t dim : header.dims) {
    const bool fits = dim == 0 || bytes <= std::numeric_limits<std::int64_t>::max() / dim;
    check(fits, Fault::input_file, "{} is damaged: its .npy header asks for more than 2^63 bytes ({})",
          source, fmt::join(header.dims, "×"));
    bytes *= dim;
  }
}

void check_size(const NpyHeader& header, std::uint64_t size, const std::string& source) {
  const std::uint64_t expected =
      static_cast<std::uint64_t>(header.data_bytes()) + static_cast<std::uint64_t>(header.data_start);
  check(size == expected, Fault::input_file,
        "{} is damaged: its .npy header tells of {} {} values, {} bytes in all, but there are {}", source,
        fmt::join(header.dims, "×"), name(header.dtype), expected, size);
}

// Values whose first dimension is fastest, brought into the usual order.
Bytes in_row_order(const NpyHeader& header, const Bytes& from) {
  const auto width = static_cast<std::size_t>(element_size(header.dtype));
  const std::size_t rank = header.dims.size();
  std::vector<std::size_t> place(rank, 0), stride(rank, width);
  for (std::size_t i = 1; i < rank; ++i)
    stride[i] = stride[i - 1] * static_cast<std::size_t>(header.dims[i - 1]);
  Bytes to(from.size());
  std::size_t at = 0;
  for (std::size_t done = 0; done < to.size(); done += width) {
    std::memcpy(to.data() + done, from.data() + at, width);
    for (std::size_t i = rank; i-- > 0;) {
      at += stride[i];
      if (++place[i] < static_cast<std::size_t>(header.dims[i])) break;
      at -= stride[i] * place[i];
      place[i] = 0;
    }
  }
  return to;
}

void to_native_order(NpyArray& array) {
  const bool parted = is_complex(array.header.dtype);  // the parts are turned around one by one
  const auto width = static_cast<std::size_t>(element_size(array.header.dtype)) / (parted ? 2 : 1);
  if (array.header.big_endian != (std::endian::native == std::endian::big))
    swap_byte_order(array.values.span(), width);
  if (array.header.fortran_order && array.header.dims.size() > 1)
    array.values = in_row_order(array.header, array.values);
}

}  // namespace

std::int64_t NpyHeader::count() const {
  std::int64_t product = 1;
  for (const std::int64_t dim : dims) product *= dim;
  return product;
}

NpyHeader parse_npy_header(std::span<const std::byte> data, const std::string& source) {
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  if (!text.starts_with(kMagic)) {
    const FileKind kind = sniff(data);
    throw Error(Fault::input_file, fmt::format("{} is not a NumPy array but {}", source, describe(kind)), {},
                std::string(remedy(kind)));
  }
  check(data.size() >= kPreambleBytes, Fault::input_file, "{} is damaged: it ends inside its .npy header",
        source);
  const unsigned version = byte_at(data, 6);
  check(version >= 1 && version <= 3 && byte_at(data, 7) == 0, Fault::input_file,
        "{} is a .npy file of version {}.{}; 1.0, 2.0 and 3.0 are read", source, version, byte_at(data, 7));
  const std::size_t start = version == 1 ? 10 : 12;
  std::uint64_t length = byte_at(data, 8) | byte_at(data, 9) << 8;
  if (version > 1) length |= std::uint64_t{byte_at(data, 10)} << 16 | std::uint64_t{byte_at(data, 11)} << 24;
  check(length <= kNpyMaxHeaderBytes, Fault::input_file,
        "{} is damaged: its .npy header has {}, more than the {} allowed", source, byte_count(length),
        byte_count(kNpyMaxHeaderBytes));
  check(data.size() >= start + length, Fault::input_file, "{} is damaged: it ends inside its .npy header",
        source);
  const NpyDictionary dictionary = parse_npy_dictionary(text.substr(start, length), source);
  NpyHeader header{.dims = dictionary.shape,
                   .fortran_order = dictionary.fortran_order,
                   .data_start = static_cast<std::int64_t>(start + length)};
  set_type(header, dictionary.descr, source);
  check_product(header, source);
  return header;
}

NpyArray parse_npy(std::span<const std::byte> data, const std::string& source) {
  NpyArray array{parse_npy_header(data, source), {}};
  check_size(array.header, data.size(), source);
  array.values = Bytes(static_cast<std::size_t>(array.header.data_bytes()));
  const auto values = data.subspan(static_cast<std::size_t>(array.header.data_start));
  if (!values.empty()) std::memcpy(array.values.data(), values.data(), values.size());
  to_native_order(array);
  return array;
}

NpyHeader read_npy_header(const std::string& path, const FileSystem& files) {
  const InputFile file(path, files);
  Bytes start(std::min<std::uint64_t>(file.size(), kPreambleBytes + kNpyMaxHeaderBytes));
  file.read(0, start.span());
  NpyHeader header = parse_npy_header(start.span(), quote_path(path));
  check_size(header, file.size(), quote_path(path));
  return header;
}

NpyArray read_npy(const std::string& path, std::uint64_t max_bytes, const FileSystem& files) {
  NpyArray array{read_npy_header(path, files), {}};
  const InputFile file(path, files);
  check_size(array.header, file.size(), quote_path(path));
  check(file.size() <= max_bytes, Fault::input_file, "{} has {}, more than the {} allowed here",
        quote_path(path), byte_count(file.size()), byte_count(max_bytes));
  array.values = Bytes(static_cast<std::size_t>(array.header.data_bytes()));
  file.read(static_cast<std::uint64_t>(array.header.data_start), array.values.span());
  to_native_order(array);
  return array;
}

}  // namespace orrery
