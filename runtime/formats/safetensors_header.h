#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

// safetensors: 8 bytes with the length of the header (little-endian), the header as a JSON object, then
// the tensors' bytes, little-endian, row-major, one after the other without a gap.
// Source: https://github.com/huggingface/safetensors, README "Format" and `safetensors/src/tensor.rs`.

/// The longest header that the reference implementation reads, and that Orrery reads and writes.
inline constexpr std::uint64_t kSafetensorsMaxHeaderBytes = 100'000'000;

/// The key under which the header keeps what is not a tensor.
inline constexpr const char* kSafetensorsMetadataKey = "__metadata__";

/// One tensor of a file; `begin` and `end` count bytes from the end of the header.
struct SafetensorsTensor {
  std::string name;
  SafetensorsDType dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t bytes() const { return end - begin; }
};

/// What a header says, checked.
struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  /// In the order of their bytes.
  std::vector<SafetensorsTensor> tensors;
  /// Offset of the first tensor's bytes in the file.
  std::uint64_t data_start = 0;
  std::unordered_map<std::string, std::size_t> index;

  /// The tensor of that name; null if there is none.
  const SafetensorsTensor* find(const std::string& name) const;
};

/// Reads the JSON of a header (the bytes behind the length) of a file of `file_bytes` bytes and holds it
/// to every rule of the format: a JSON object in UTF-8 (blanks before it are accepted, as the reference
/// does), names unique, metadata of text only, a dtype that is known, a shape whose size does not
/// overflow and ends on a whole byte, offsets that fit the shape, and tensors that follow one another
/// from the header to the end of the file without gap or overlap. Keys of a tensor that the format does
/// not know are passed over.
///
/// `source` names the file in messages, as `quote_path` gives it. Throws `Error(Fault::input_file)`.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t file_bytes,
                                           const std::string& source);

/// Bytes of a tensor of that type and shape; nothing if a dimension is negative, the product does not fit
/// in 63 bits, or the last element does not end on a byte.
std::optional<std::uint64_t> safetensors_bytes(const SafetensorsDType& dtype,
                                               std::span<const std::int64_t> shape);

}  // namespace orrery
