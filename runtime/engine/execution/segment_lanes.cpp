#include "runtime/engine/execution/segment_lanes.h"

#include <algorithm>
#include <chrono>

#include "runtime/engine/kernels/parallel.h"

namespace orrery {
namespace {

using LaneClock = std::chrono::steady_clock;

struct LaneFailure {
  size_t part = 0;
  std::exception_ptr error;
};

// A failure ends its own lane: what the others do is in no other's way.
LaneFailure run_lane(const std::vector<size_t>& lane, const std::vector<SegmentPart>& parts, Memory memory,
                     size_t first, double* seconds) {
  for (const size_t p : lane) {
    const auto begun = seconds ? LaneClock::now() : LaneClock::time_point();
    try {
      for (const Instruction& instruction : parts[p].instructions) instruction(memory);
    } catch (...) {
      return {p, std::current_exception()};
    }
    if (seconds) seconds[p - first] = std::chrono::duration<double>(LaneClock::now() - begun).count();
  }
  return {};
}

void note_failures(LanesRun& run, const std::vector<LaneFailure>& failures) {
  for (const LaneFailure& failure : failures) {
    if (!failure.error || (run.failed && *run.failed < failure.part)) continue;
    run.failed = failure.part;
    run.error = failure.error;
  }
}

}  // namespace

LanesRun run_lanes(const SegmentRegion& region, const std::vector<SegmentPart>& parts, Memory memory,
                   bool timed) {
  LanesRun run{.seconds = std::vector<double>(timed ? region.count : 0)};
  std::vector<LaneFailure> failures(region.lanes.size());
  parallel_shares(
      0, static_cast<std::int64_t>(region.lanes.size()), 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto lane = static_cast<size_t>(begin); lane < static_cast<size_t>(end); ++lane)
          failures[lane] =
              run_lane(region.lanes[lane], parts, memory, region.first, timed ? run.seconds.data() : nullptr);
      });
  note_failures(run, failures);
  return run;
}

}  // namespace orrery
