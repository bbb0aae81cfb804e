#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/history/database.h"

namespace orrery {

/// What became of one run of the other history.
struct MergedRun {
  enum class How {
    added,
    completed,  ///< it was there, and lacked something
    known,      ///< it was there with all that the other has
  };
  std::int64_t from_id = 0;
  std::int64_t into_id = 0;
  std::string name;  ///< in `into`: `name-2` where another run has it
  How how = How::added;
};

/// Copies runs of the history at `from`, with all that belongs to them, into another: all of them, or those
/// with the given ids. A run is known by its uid, so that the same one is never there twice; of one that is
/// there already, the rows that are missing are added, its totals and its end are those of whichever went on
/// longer. One transaction a run: what was copied before an Error stays.
///
/// `from` may be of an older version, and is brought forward; it is not changed otherwise. Throws as
/// `open_history`, a usage Error for `into` itself and for an id that is not there, DatabaseError when SQLite
/// refuses.
std::vector<MergedRun> merge_history(Database& into, const std::filesystem::path& from,
                                     const std::optional<std::vector<std::int64_t>>& runs = {});

}  // namespace orrery
