#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/files/file_system.h"
#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

/// A tensor to be written.
struct SafetensorsItem {
  std::string name;
  SafetensorsDType dtype;
  std::vector<std::int64_t> shape;
  /// Gives the tensor's bytes, little-endian and row-major, when their turn comes; called once. They
  /// must stay valid until the next item's call returns, so that tensors which must first be fetched
  /// (from a device, from another file) need room for one at a time.
  std::function<std::span<const std::byte>()> bytes;
};

/// Writes a safetensors file as the reference writer does, byte for byte: header padded with blanks to a
/// multiple of 8, tensors by descending dtype and then by name, metadata first (its keys sorted; the
/// reference leaves their order to chance). Atomic as `AtomicWriter` is, also over a file that is being
/// read.
///
/// Throws `Error(Fault::write)`: faults of `AtomicWriter`, a name given twice, `__metadata__` as a name, a
/// name or metadata that is not UTF-8, a header over `kSafetensorsMaxHeaderBytes`; what `bytes` throws
/// passes through. Nothing is left under the final name then.
void write_safetensors(const std::string& path, std::vector<SafetensorsItem> items,
                       const std::map<std::string, std::string>& metadata = {},
                       const FileSystem& files = posix_files());

}  // namespace orrery
