#pragma once

#include <string>
#include <vector>

#include "runtime/files/file_system.h"
#include "runtime/formats/safetensors_writer.h"

namespace orrery {

/// Writes tensors as NumPy's .npz: a zip archive of stored .npy members in the order given. Atomic as
/// `AtomicWriter` is. Throws `Error(Fault::usage)` for element types that NumPy has no name for (bfloat16,
/// the 8-bit floats), and `Error(Fault::write)` as `AtomicWriter` does and for a name given twice.
void write_npz(const std::string& path, const std::vector<SafetensorsItem>& items,
               const FileSystem& files = posix_files());

}  // namespace orrery
