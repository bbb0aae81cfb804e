#pragma once

#include <memory>
#include <vector>

#include "runtime/engine/execution/arena.h"
#include "runtime/engine/execution/plan.h"
#include "runtime/engine/execution/segment.h"
#include "runtime/engine/execution/symbols.h"

namespace orrery {

/// A parameter between whose first and last step, places in the plan, all lie that hand it a gradient or read
/// it in the backward pass: behind the first, where that pass comes last, its gradient is complete, and it
/// may change.
struct Completion {
  const Parameter* parameter;
  size_t first, last;
};

/// What gradients a plan hands on; empty where none are.
struct HandedOn {
  std::vector<std::vector<bool>> wanted;  ///< beside the plan's steps: of what each reads, then its tensors
  int loss = -1;                          ///< slot
  std::vector<Completion> updated = {};   ///< those that are updated within the backward pass, by `first`
  std::vector<Completion> folded = {};    ///< those whose update a segment may make itself, by `first`
  bool read_once = false;                 ///< gradients that leave are let go of before the next forward pass
};

/// A plan for batches of one size on the CPU: steps that follow each other and have a lowering are segments;
/// ATen computes the others. A segment lies in one recomputed part or in none; those of different parts share
/// their memory, since one part is dropped before the next is computed. Where gradients go through a loop,
/// whose turns take memory of LibTorch's, the segments in front of it and behind it return theirs.
class LoweredPlan {
 public:
  LoweredPlan(const Plan& plan, const Symbols& symbols, const HandedOn& handed, LoweringMode mode = {});

  /// Bytes that its segments' buffers share.
  std::int64_t bytes() const { return held_ + returned_; }
  /// Of these, bytes of the arenas that are there from step to step, which begin at `begin`.
  std::int64_t held_bytes() const { return held_; }
  void bind(char* begin) const;
  /// The last pass is over.
  void release() const;
  /// The segment with the largest arena; null without segments.
  const Segment* largest() const;

  /// Whether branches run side by side in any of them.
  bool has_branches() const;

  /// The segment that a step belongs to; null: none.
  Segment* of_step(size_t step) const { return of_step_[step]; }
  bool empty() const { return segments_.empty(); }
  const std::vector<std::unique_ptr<Segment>>& segments() const { return segments_; }

 private:
  class Readers;
  void add(std::unique_ptr<Segment> segment, size_t begin);
  void place(const std::vector<const RecomputedPart*>& parts);

  std::vector<std::unique_ptr<Segment>> segments_;
  std::vector<std::int64_t> offsets_;  ///< beside them
  std::vector<Segment*> of_step_;
  std::int64_t held_ = 0, returned_ = 0;  ///< bytes
};

/// The latest few, by the sizes of their batches and by which layers are in training or parametrized and what
/// tensors they have, in one arena: one of them runs at a time.
class LoweredPlans {
 public:
  /// The plan for a batch, lowered when it is new. Throws when memory is missing; it is `latest` all
  /// the same.
  const LoweredPlan& of(const std::vector<std::int64_t>& signature, const Plan& plan, const Symbols& symbols,
                        const HandedOn& handed, LoweringMode mode = {});

  /// Null before the first.
  const LoweredPlan* latest() const { return entries_.empty() ? nullptr : entries_.back().plan.get(); }

 private:
  struct Entry {
    std::vector<std::int64_t> key;
    std::unique_ptr<LoweredPlan> plan;
  };
  std::vector<Entry> entries_;  ///< the latest used last
  Arena arena_;
};

}  // namespace orrery
