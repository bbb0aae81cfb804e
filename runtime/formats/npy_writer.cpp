#include "runtime/formats/npy_writer.h"

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"

namespace orrery {
namespace {

// The header's length, with the magic before it, is a multiple of this.
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kBeforeDescription = 10;

std::string name_in_numpy(DType dtype) {
  switch (dtype) {
    case DType::uint8: return "|u1";
    case DType::int8: return "|i1";
    case DType::int16: return "<i2";
    case DType::int32: return "<i4";
    case DType::int64: return "<i8";
    case DType::float16: return "<f2";
    case DType::float32: return "<f4";
    case DType::float64: return "<f8";
    case DType::boolean: return "|b1";
    case DType::complex64: return "<c8";
    case DType::complex128: return "<c16";
    case DType::bfloat16: break;
  }
  fail(Fault::usage, "NumPy has no {}: convert it first, or write safetensors", name(dtype));
}

}  // namespace

std::string npy_header_text(DType dtype, const std::vector<std::int64_t>& shape) {
  std::string sizes;
  for (const std::int64_t size : shape) sizes += std::to_string(size) + ", ";
  // Python's tuple of one has a comma, longer ones need none at their end.
  if (shape.size() == 1) sizes.pop_back();
  if (shape.size() > 1) sizes.resize(sizes.size() - 2);
  std::string text =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", name_in_numpy(dtype), sizes);
  while ((kBeforeDescription + text.size() + 1) % kAlignment != 0) text += ' ';
  text += '\n';
  std::string header = "\x93NUMPY";
  header += '\x01';
  header += '\0';
  header += static_cast<char>(text.size() & 0xff);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

void write_npy(const std::string& path, DType dtype, const std::vector<std::int64_t>& shape,
               std::span<const std::byte> bytes, const FileSystem& files) {
  const std::string header = npy_header_text(dtype, shape);
  AtomicWriter writer(path, header.size() + bytes.size(), files);
  writer.write(std::string_view(header));
  writer.write(bytes);
  writer.commit();
}

}  // namespace orrery
