#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/training/save.h"

namespace orrery {

/// What a run must know to go on as if it had never stopped. Each part of a run puts its own under names that
/// begin with the part's: `early_stopping.best`.
struct Checkpoint {
  std::vector<NamedTensor> tensors;
  std::map<std::string, double> numbers;  ///< kept exactly, NaN and infinities too
  std::map<std::string, std::string> texts;

  /// Throw `Error(Fault::input_file)` when it is not there.
  double number(const std::string& key) const;
  std::int64_t count(const std::string& key) const { return static_cast<std::int64_t>(number(key)); }
  const std::string& text(const std::string& key) const;
  const at::Tensor& tensor(const std::string& key) const;
  /// Null when it is not there.
  const at::Tensor* find(const std::string& key) const;
};

/// The version of the format that this release writes, and the newest that it reads.
inline constexpr int kCheckpointVersion = 1;
/// The number that tells of a checkpoint whose last epoch was ended before all of its batches.
inline constexpr const char* kEpochCut = "run.epoch_cut";

/// Writes a checkpoint as one safetensors file, atomically. In the metadata stand, under
/// `orrery.checkpoint`, the version, numbers and texts as JSON, and under `orrery.checkpoint.hash` what all
/// of it hashes to. Faults as `write_tensors`.
void write_checkpoint(Engine& engine, const std::string& path, const Checkpoint& checkpoint,
                      const FileSystem& files = posix_files());

/// Reads it back; the tensors are on the CPU. Throws `Error(Fault::input_file)` when the file is missing, no
/// checkpoint, of a newer format, or its content is not what was written.
Checkpoint read_checkpoint(Engine& engine, const std::string& path, const FileSystem& files = posix_files());

/// Numbers and texts alone, from the file's header. Nothing when it is a sound safetensors file that is no
/// checkpoint.
std::optional<Checkpoint> read_checkpoint_header(const std::string& path,
                                                 const FileSystem& files = posix_files());

}  // namespace orrery
