#pragma once

#include <exception>
#include <optional>
#include <vector>

#include "runtime/engine/execution/segment_program.h"

namespace orrery {

/// What became of the parts of a region.
struct LanesRun {
  /// The first part that failed, in the order of the program; those before it in other lanes are done, of
  /// those behind it, and of those that failed themselves, some instructions may be.
  std::optional<size_t> failed;
  std::exception_ptr error;
  std::vector<double> seconds;  ///< of each part of the region, where timed; 0 of those behind the lanes
};

/// Runs the instructions of a region's lanes, each lane in one of LibTorch's threads, the caller's among
/// them; kernels within keep to their lane's thread. `timed`: takes the seconds. Throws nothing but what
/// waking threads does.
LanesRun run_lanes(const SegmentRegion& region, const std::vector<SegmentPart>& parts, Memory memory,
                   bool timed);

}  // namespace orrery
