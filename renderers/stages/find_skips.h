#pragma once

#include <set>

#include "renderers/stages/piece.h"

namespace orrery {

/// Lines (by index) that go past others: their target can be reached from their source without them, and
/// both ends have a top for it. `source` is the piece that feeds the segment, which needs none.
std::set<int> find_skips(const std::vector<Piece>& pieces, const std::vector<PieceLine>& lines, int source);

/// Leads skips over the tops of what lies between, each value in a lane of its own, shorter ones below.
/// `origins` has a place for each piece of the segment; `fork` is where the entering line parts. Returns the
/// lines that cannot go so, since a piece stands above one of their ends; adds nothing then.
std::set<int> route_skips(const std::vector<Piece>& pieces, const std::vector<PieceLine>& lines,
                          const std::set<int>& skips, int source, Point fork, LaidSegment& laid);

}  // namespace orrery
