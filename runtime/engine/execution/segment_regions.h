#pragma once

#include <cstddef>
#include <vector>

namespace orrery {

/// A part of a segment's program, as far as it matters beside which others it may run.
struct RegionPart {
  std::vector<int> reads, writes;  ///< places; `writes` also those that it may write
  double microseconds = 0;         ///< on one thread, about
  bool lone = false;               ///< runs beside no other
  bool idle = false;               ///< has no instructions
};

/// Parts that follow each other, among which there are branches that do not depend on each other.
struct SegmentRegion {
  size_t first = 0, count = 0;             ///< places of the parts
  std::vector<std::vector<size_t>> lanes;  ///< places of parts: lanes run side by side, each in its order
  std::vector<size_t> behind;              ///< places of those that run when all lanes are done, in order

  size_t end() const { return first + count; }
};

/// Pass: where the parts of a program fall into branches that are worth running on so many threads at a time.
///
/// What one part writes no part of another lane reads or writes, and every place is written and read in the
/// order of the parts: results are those of one part after the other, to the bit. A part that needs several
/// branches, or is lone, runs behind the lanes. Branches share lanes so that all take about the same time; a
/// region saves more than it costs to wake threads. Regions are in order and do not overlap. Deterministic.
std::vector<SegmentRegion> find_regions(const std::vector<RegionPart>& parts, size_t threads);

}  // namespace orrery
