#include "runtime/formats/safetensors_header.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/safetensors_sax.h"

namespace orrery {
namespace {

[[noreturn]] void refuse(const std::string& source, const std::string& what) {
  fail(Fault::input_file, "{} is damaged: {}", source, what);
}

std::string shape_text(const SafetensorsTensor& tensor) {
  return fmt::format("{} [{}]", tensor.dtype.name, fmt::join(tensor.shape, ", "));
}

void check_tensor(const SafetensorsTensor& tensor, std::uint64_t expected_begin, const std::string& source) {
  const std::string what = "its tensor " + safetensors_name_text(tensor.name);
  if (tensor.begin > tensor.end) {
    refuse(source,
           fmt::format("{} ends before it begins (offsets {} to {})", what, tensor.begin, tensor.end));
  }
  if (tensor.begin != expected_begin) {
    const char* how = tensor.begin > expected_begin ? "leaves a gap after" : "overlaps with";
    refuse(source, fmt::format("{} {} what is before it (it begins at {} instead of {})", what, how,
                               tensor.begin, expected_begin));
  }
  const auto bytes = safetensors_bytes(tensor.dtype, tensor.shape);
  if (!bytes)
    refuse(source, fmt::format("{} has no size that a file can have: {}", what, shape_text(tensor)));
  if (*bytes != tensor.bytes()) {
    refuse(source,
           fmt::format("{} has {} bytes, but {} takes {}", what, tensor.bytes(), shape_text(tensor), *bytes));
  }
}

void check_tensors(const SafetensorsHeader& header, std::uint64_t file_bytes, const std::string& source) {
  std::uint64_t end = 0;
  for (const SafetensorsTensor& tensor : header.tensors) {
    check_tensor(tensor, end, source);
    end = tensor.end;
  }
  const std::uint64_t data_bytes = file_bytes - header.data_start;
  if (end == data_bytes) return;
  const char* how = end > data_bytes ? "it is cut off" : "there are other bytes behind the last tensor";
  refuse(source,
         fmt::format("{} (the tensors take {} bytes, the file has {} for them)", how, end, data_bytes));
}

}  // namespace

const SafetensorsTensor* SafetensorsHeader::find(const std::string& name) const {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &tensors[found->second];
}

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t file_bytes,
                                           const std::string& source) {
  invariant(json.size() + 8 <= file_bytes, "a safetensors header longer than its file");
  SafetensorsHeader header;
  if (const auto wrong = read_safetensors_json(json, header)) refuse(source, *wrong);
  header.data_start = 8 + json.size();
  std::stable_sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  for (std::size_t i = 0; i < header.tensors.size(); ++i) header.index[header.tensors[i].name] = i;
  check_tensors(header, file_bytes, source);
  return header;
}

std::optional<std::uint64_t> safetensors_bytes(const SafetensorsDType& dtype,
                                               std::span<const std::int64_t> shape) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::int64_t bits = dtype.bits;
  for (const std::int64_t dim : shape) {
    if (dim < 0 || (dim != 0 && bits > kMost / dim)) return std::nullopt;
    bits *= dim;
  }
  if (bits % 8 != 0) return std::nullopt;
  return static_cast<std::uint64_t>(bits) / 8;
}

}  // namespace orrery
