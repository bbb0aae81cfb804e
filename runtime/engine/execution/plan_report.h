#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine/execution/plan.h"
#include "runtime/engine/execution/symbols.h"
#include "runtime/engine/execution/tape.h"

namespace orrery {

/// Who computes a node, forward or backward.
enum class Computed {
  given,     ///< nobody: the batch, a constant
  own,       ///< instructions of a segment, with the project's own kernels
  fused,     ///< the instructions of a node beside it, in the same pass over memory
  view,      ///< nobody: it is the input's memory, within a segment
  aten,      ///< LibTorch's kernels
  rule,      ///< backward: the operation's derivative rule, with LibTorch's kernels
  autograd,  ///< backward: LibTorch's autograd, which recorded the forward pass
  none,      ///< backward: hands on no gradient
};
std::string_view name(Computed computed);

/// What a training step does with one batch, node by node.
struct PlanReport {
  struct Row {
    const Node* node;
    Computed forward = Computed::given, backward = Computed::none;
    std::optional<size_t> segment = {};     ///< place in `segments`
    std::optional<size_t> fused_into = {};  ///< place in `rows`
    bool recomputed = false;                ///< forward again within the backward pass
    bool beside = false;                    ///< beside others, forward or backward, on another thread
    std::string why = {};                   ///< of `autograd` under the plan
    std::vector<TensorType> outputs = {};   ///< of this batch
    std::int64_t bytes = 0;                 ///< that are stored of the outputs: none of views and of `fused`
    std::int64_t folded_bytes = 0;          ///< of gradients whose update is made in their place
  };
  struct SegmentRow {
    size_t first = 0, count = 0;    ///< places in `rows`
    std::int64_t arena_bytes = 0;   ///< that its buffers share
    std::int64_t buffer_bytes = 0;  ///< that they would take if none shared
  };
  /// Parameters that are updated within the backward pass.
  struct Updated {
    size_t count = 0;
    std::int64_t bytes = 0;  ///< of their gradients, which are never there together
    size_t folded = 0;       ///< so many of them have none: the update is made in its place
  };
  /// What became of a block that is to be recomputed.
  struct RecomputedRow {
    const Block* block;
    size_t steps = 0;        ///< that are in it
    size_t recomputed = 0;   ///< of them; 0 where no gradient passes it
    std::int64_t bytes = 0;  ///< of their results that are dropped after the forward pass
  };
  std::vector<Row> rows;  ///< in the order of the forward pass; the backward pass goes the other way
  std::vector<SegmentRow> segments;
  std::int64_t arena_bytes = 0;  ///< of all segments; those of recomputed blocks share theirs
  std::vector<RecomputedRow> recomputed;
  Updated updated;
};

/// REQUIRES: the plan's last call was a forward pass with gradients; `tape` is its tape, null where autograd
/// recorded it, and `symbols` are the batch's.
PlanReport report_plan(const Plan& plan, const Tape* tape, const Symbols& symbols);

/// What a pass did, for one batch.
struct PassReport {
  PlanPass pass;
  bool off = false;                ///< it was left out
  bool untaken = false;            ///< it is not made all the same, since a trial showed no gain, or none was
  bool evaluation = false;         ///< it is one of evaluation's; else of the training step's
  std::vector<const Node*> nodes;  ///< that it computes otherwise, or not at all, in their order
  /// Of their inputs and results, which need not be moved forward; of `fold_updates` of gradients.
  std::int64_t bytes = 0;
};

/// Of every pass. `report`: of the plan `trained`; `evaluated`: the plan of evaluation.
std::vector<PassReport> report_passes(const Plan& trained, const PlanReport& report, const Plan& evaluated,
                                      const Symbols& symbols);

}  // namespace orrery
