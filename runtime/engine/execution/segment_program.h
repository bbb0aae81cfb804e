#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/execution/arena.h"
#include "runtime/engine/execution/plan.h"
#include "runtime/engine/execution/segment_regions.h"
#include "runtime/engine/execution/symbols.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {

/// How steps are lowered, apart from their sizes.
struct LoweringMode {
  bool training = false;       ///< of the layers that are in training
  bool keeps_weights = false;  ///< the layers' tensors stay as they are for many batches
  int lanes = 1;               ///< so many small branches may run side by side
};

/// What the plan around a segment asks of it.
struct SegmentSpec {
  std::vector<const Step*> steps;         ///< that follow each other in the plan, each with a lowering
  std::vector<std::vector<bool>> wanted;  ///< beside them: of the inputs, then the layer's tensors; empty:
                                          ///< the node hands no gradient on
  std::vector<int> read_outside;          ///< slots that it fills for others
  std::vector<int> arriving;              ///< those of them whose gradient comes back
  LoweringMode mode = {};
  PassSet passes = {};  ///< that may take steps together
  /// A parameter that is updated behind the backward instructions of a step, when the gradient that the
  /// segment computes is complete: it does not leave the segment.
  struct Updated {
    const Parameter* parameter;
    size_t step;  ///< among `steps`
  };
  std::vector<Updated> updated = {};
  /// The same where the segment makes the update itself (SGD without momentum).
  struct Folded {
    const Parameter* parameter;
    size_t step;  ///< among `steps`
    bool alone;   ///< no other step reads it
  };
  std::vector<Folded> folded = {};
  /// Small gradients that leave lie in the arena until the next forward pass.
  bool keeps_gradients = false;
  /// Large buffers are LibTorch's, and there no longer than they are needed: something outside of the segment
  /// takes memory between its passes.
  bool returns_memory = false;
};

/// What is larger goes back to LibTorch after its step, where others may have it; smaller memory is kept,
/// since asking for it takes longer than filling it.
constexpr std::int64_t kKeptBytes = 64 << 10;

/// What a place of a segment's memory is.
struct SegmentPlace {
  enum class Kind { buffer, input, parameter, output, arrived, input_gradient, parameter_gradient } kind;
  size_t index = 0;  ///< among those of its kind
  std::vector<std::int64_t> sizes;
};

/// The instructions of one step.
struct SegmentPart {
  size_t step;  ///< of the segment; none of them for what comes before all
  std::vector<Instruction> instructions;
  std::vector<int> shown;  ///< places that a profile is told of: results, or gradients that arrive
  /// A parameter whose gradient lies there, complete, when the instructions are done.
  struct Complete {
    const Parameter* parameter;
    int gradient;  ///< place
  };
  std::vector<Complete> complete = {};  ///< those that are updated now
  std::vector<int> reads = {};          ///< places that the instructions read
  std::vector<int> writes = {};         ///< places that they write, or may write
  std::vector<size_t> folded = {};      ///< updates that they make, places in the program's `folded`
  std::vector<int> asked = {};          ///< where memory is returned: places that are asked for before them,
  std::vector<int> over = {};           ///< places that nobody needs behind them
};

/// A parameter whose update the instructions make.
struct SegmentUpdate {
  const Parameter* parameter;
  int place;
  int gradient;  ///< place; -1: there is none, the product makes the update
  std::unique_ptr<FoldedUpdate> now;
};

/// Whose gradient is handed on: of an input's slot, or of a parameter.
struct SegmentGradient {
  int slot = -1;
  const Parameter* parameter = nullptr;
};

/// Steps that follow each other, written as instructions for known sizes. Places are numbered; buffers lie in
/// one arena, where those whose lives do not meet share memory.
struct SegmentProgram {
  at::ScalarType type = at::kFloat;
  std::vector<SegmentPlace> places;
  std::vector<int> inputs;  ///< slots
  std::vector<int> input_places;
  std::vector<ParameterPtr> parameters;  ///< and buffers of the layers
  std::vector<int> parameter_places;
  std::vector<std::unique_ptr<std::uint64_t>> revisions;  ///< beside them: how often each has changed
  std::vector<int> output_places;                         ///< beside spec.read_outside
  std::vector<std::vector<std::int64_t>> output_sizes;    ///< beside them, as their own nodes promise
  std::vector<int> forward_only;                          ///< inputs and outputs that no backward part reads
  std::vector<int> arrived_places;                        ///< beside spec.arriving
  std::vector<SegmentGradient> handed;
  std::vector<int> handed_places;
  std::vector<SegmentPart> forward, backward;
  std::vector<SegmentUpdate> folded;
  std::vector<SegmentRegion> forward_regions, backward_regions;  ///< of those parts
  std::vector<BufferLife> lives;                                 ///< of the buffers
  std::vector<bool> passing;          ///< of the buffers: LibTorch's, as long as they are needed
  std::vector<std::int64_t> offsets;  ///< of the buffers, where they do not pass
  std::int64_t bytes = 0;             ///< that all buffers share
  std::int64_t held = 0;              ///< of the arena, in which those lie that do not pass
  std::vector<size_t> computed_by;    ///< beside the steps: the one whose instructions compute each
  std::vector<bool> views;            ///< beside the steps: nobody computes it, it is its input's memory
  const Node* largest = nullptr;      ///< makes the largest buffer
};

/// REQUIRES: `can_lower` says yes to each step.
SegmentProgram write_program(const SegmentSpec& spec, const Symbols& symbols);

/// Whether a step can be part of a segment: lowered, on contiguous tensors of one floating-point dtype, known
/// sizes, no parametrized layer.
bool can_lower(const Step& step, const Symbols& symbols);

}  // namespace orrery
