#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/execution/segment_program.h"
#include "runtime/engine/execution/update_sink.h"
#include "runtime/engine/profile/profile_sink.h"

namespace orrery {

/// Steps that follow each other, as instructions on raw memory: every size is known, every buffer has its
/// place in one arena, shared by those whose lives do not meet, and nothing is allocated in a step but what
/// leaves the segment and is still held by somebody. For one set of symbols, on the CPU. Used by one thread.
class Segment {
 public:
  /// REQUIRES: `can_lower` says yes to each step.
  Segment(SegmentSpec spec, const Symbols& symbols);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  const SegmentSpec& spec() const;
  /// Slots that it reads, made outside.
  const std::vector<int>& inputs() const;
  /// The layers' tensors that it reads.
  const std::vector<ParameterPtr>& parameters() const;

  /// Has its buffers from `begin` on, `held_bytes` of them, which nobody else uses until it is bound to
  /// another place. REQUIRES: bound before the first forward pass.
  void bind(char* begin);

  /// `inputs` and `parameters` beside those. Gives `read_outside`. The sink, where there is one, is told each
  /// node.
  std::vector<at::Tensor> forward(const std::vector<at::Tensor>& inputs,
                                  const std::vector<at::Tensor>& parameters, ProfileSink* sink);
  struct Handed : SegmentGradient {
    at::Tensor gradient;
  };
  /// `arrived`: beside `arriving`. `updates` gets what `spec().updated` names, and is asked for the updates
  /// of `spec().folded`; not null where they name any. Small gradients of parameters are there until the next
  /// forward pass, with `spec().keeps_gradients`.
  std::vector<Handed> backward(const std::vector<at::Tensor>& arrived, ProfileSink* sink,
                               UpdateSink* updates = nullptr);
  /// Lets go of what it holds from the last pass, which is over, but for small memory.
  void release();
  /// The node whose instructions ran last, before that the one with the largest buffer; for errors.
  const Node& at() const;
  /// Bytes that its buffers share.
  std::int64_t arena_bytes() const;
  /// Of these, bytes that are there from step to step: all, unless `spec().returns_memory`.
  std::int64_t held_bytes() const;
  /// Bytes that they would take if none shared.
  std::int64_t buffer_bytes() const;
  /// The parameters that its backward instructions update.
  const std::vector<SegmentUpdate>& folded() const;
  /// Bytes of the gradients that a step would have made of them and does not.
  std::int64_t folded_bytes(size_t step) const;
  /// The step whose instructions compute a step: itself, or the one that it is fused into.
  size_t computed_by(size_t step) const;
  /// Whether a step's result is its input's memory, or part of it.
  bool is_view(size_t step) const;
  /// Where branches run side by side, forward or backward.
  const std::vector<SegmentRegion>& regions(bool forward) const;
  /// Whether a step's instructions are among them.
  bool is_beside(size_t step) const;

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace orrery
