#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/history/exported_run.h"

namespace orrery {

/// A stretch of a step during which nothing begins or ends.
struct TraceLeaf {
  /// `{"step 101", "forward", "encoder", "q"}`
  std::vector<std::string> stack;
  std::int64_t begin_ns = 0, end_ns = 0;
};

/// The pieces of a run's steps as stretches in the order of time, which do not overlap and leave no gap
/// within a part: what of a part is no node's is a stretch of the part alone.
std::vector<TraceLeaf> trace_leaves(const std::vector<ExportedRun::Piece>& pieces);

/// Goes through the stretches as through calls: a frame that two of them share, one right behind the other,
/// stays open.
void walk_trace(const std::vector<TraceLeaf>& leaves,
                const std::function<void(const std::string& frame, std::int64_t at_ns)>& open,
                const std::function<void(const std::string& frame, std::int64_t at_ns)>& close);

}  // namespace orrery
