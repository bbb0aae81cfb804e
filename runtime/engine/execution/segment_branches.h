#pragma once

#include <vector>

#include "runtime/engine/execution/segment_program.h"

namespace orrery {

/// Pass: finds the regions of a program (`SegmentSpec::mode.lanes` threads; none with one, or without
/// `PlanPass::branches_side_by_side`).
///
/// A part goes into a lane where its instructions are so few that they keep to one thread anyway: so nothing
/// changes but when they run. What draws goes into none, for the order of what is drawn.
void find_branches(SegmentProgram& program, const SegmentSpec& spec, const Symbols& symbols);

/// The lives of a program's buffers, where nobody knows which lane of a region comes when: a buffer that one
/// of its parts uses is needed from the region's beginning to its end.
std::vector<BufferLife> lives_in_regions(const SegmentProgram& program);

}  // namespace orrery
