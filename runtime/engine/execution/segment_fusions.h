#pragma once

#include <vector>

#include "runtime/engine/execution/segment_program.h"

namespace orrery {

/// Which steps of a segment are computed together with the one before or behind, in one pass over memory.
struct SegmentFusions {
  std::vector<cpu::Activation> activations;  ///< beside the steps: what each computes with its own result
  std::vector<bool> skipped;                 ///< beside the steps: another computes it
  std::vector<bool> relu_before;             ///< beside the steps, and one more: relu comes first
};

/// Pass: an activation right behind a layer that can compute it with its own result, or relu before one that
/// can.
SegmentFusions find_fusions(const SegmentSpec& spec);

}  // namespace orrery
