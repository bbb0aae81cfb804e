#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/files/file_system.h"

namespace orrery {

/// How a file of weights is written anew.
struct ConversionOptions {
  std::string part;                ///< only what lies below that name: see `open_weights`
  std::uint64_t bytes_a_file = 0;  ///< of a set of safetensors files at most so many each; 0: one file
};

/// What was written.
struct ConversionReport {
  std::vector<std::string> files;
  std::size_t tensors = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> aliases;   ///< names of tensors that are kept as other names of one stored before
  std::vector<std::string> left_out;  ///< what the format cannot hold: plain values, metadata
};

/// Writes the tensors of one file of weights as another, whose ending tells the format: `.safetensors`, `.pt`
/// or
/// `.pth` or `.bin` (PyTorch), `.npz`. Tied tensors stay tied in safetensors (by an alias map in the
/// metadata) and in .pt; metadata go from safetensors to safetensors. One tensor at a time is held in memory.
/// Atomic, file by file, an index last.
///
/// Throws `Error(Fault::usage)` for other endings, for an element type that the format lacks and for a set of
/// files that are not safetensors; faults of `open_weights` and `check_all_read`; `Error(Fault::write)` as
/// `AtomicWriter`.
ConversionReport convert_weights(const std::string& from, const std::string& to,
                                 const ConversionOptions& options = {},
                                 const FileSystem& files = posix_files());

}  // namespace orrery
