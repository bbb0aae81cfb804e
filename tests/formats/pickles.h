#pragma once

#include <string>
#include <vector>

#include <zlib.h>

#include "tests/formats/archives.h"

namespace orrery {

// Pickles made by hand, opcode by opcode.

inline const std::string kProto = std::string("\x80\x02", 2);

inline std::string text_of(const std::string& text) { return "X" + little(text.size(), 4) + text; }
inline std::string integer_of(std::int64_t value) {
  if (value >= 0 && value < 256) return "K" + little(static_cast<std::uint64_t>(value), 1);
  return std::string("\x8a\x08", 2) + little(static_cast<std::uint64_t>(value), 8);
}
inline std::string global_of(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
/// A tuple of what the opcodes give.
inline std::string tuple_of(const std::string& items) { return "(" + items + "t"; }
inline std::string sizes_of(const std::vector<std::int64_t>& sizes) {
  std::string items;
  for (const std::int64_t size : sizes) items += integer_of(size);
  return tuple_of(items);
}

/// A storage as `torch.save` describes it.
inline std::string storage_of(const std::string& type, const std::string& key, std::int64_t count) {
  return tuple_of(text_of("storage") + global_of("torch", type) + text_of(key) + text_of("cpu") +
                  integer_of(count)) +
         "Q";
}

/// A tensor over it.
inline std::string tensor_of(const std::string& storage, std::int64_t offset, const std::string& shape,
                             const std::string& strides) {
  return global_of("torch._utils", "_rebuild_tensor_v2") +
         tuple_of(storage + integer_of(offset) + shape + strides + "\x89" +
                  global_of("collections", "OrderedDict") + ")R") +
         "R";
}

inline std::uint32_t checksum_of(const std::string& content) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
}

inline Member sound_member(const std::string& name, const std::string& content) {
  return {name, content, checksum_of(content)};
}

/// A .pt of that pickle with one storage of 24 bytes, `0`.
inline std::string pt_of(const std::string& pickle) {
  return archive({sound_member("a/data.pkl", pickle), sound_member("a/byteorder", "little"),
                  sound_member("a/data/0", std::string(24, '\1')), sound_member("a/version", "3\n")});
}

/// { "w": that tensor }
inline std::string pt_of_tensor(const std::string& tensor) {
  return pt_of(kProto + "}" + text_of("w") + tensor + "s.");
}

}  // namespace orrery
