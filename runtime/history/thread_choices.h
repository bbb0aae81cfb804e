#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "runtime/history/records.h"

namespace orrery {

/// What the fastest number of threads of a training step depends on; each part as one text.
struct ThreadKey {
  std::string structural_hash;  ///< of the graph
  std::string batch;            ///< its fields' shapes, and how the step is computed
  std::string machine;          ///< processor and cores
  std::string build;            ///< versions of what computes
};

/// How long these two wait for another process's lock: a run would rather try its threads again.
inline constexpr std::chrono::milliseconds kThreadPatience{500};

/// The number that an earlier run kept in this history. Nothing when it has none, or cannot be read.
std::optional<int> kept_threads(const std::filesystem::path& history, const ThreadKey& key);

/// Keeps a number for later runs, in place of an earlier one. A history that cannot be written keeps none:
/// the run's own record tells of that.
void keep_threads(const std::filesystem::path& history, const ThreadKey& key, int threads,
                  UnixMilliseconds now);

}  // namespace orrery
