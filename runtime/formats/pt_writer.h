#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/files/file_system.h"
#include "runtime/formats/safetensors_writer.h"

namespace orrery {

/// Writes tensors as the state dict of a PyTorch .pt file that `torch.load(weights_only=True)` reads: a zip
/// archive with a pickle of protocol 2, an `OrderedDict` in the order given, storages at multiples of 64
/// bytes. `aliases` are further names of tensors, which share their storage. Atomic as `AtomicWriter` is; the
/// same tensors give the same bytes.
///
/// Throws `Error(Fault::usage)` for element types that PyTorch does not have (`F4`, `F6_E2M3`),
/// `Error(Fault::write)`: faults of `AtomicWriter`, a name given twice, an alias of no tensor.
void write_pt(const std::string& path, const std::vector<SafetensorsItem>& items,
              const std::map<std::string, std::string>& aliases = {},
              const FileSystem& files = posix_files());

}  // namespace orrery
