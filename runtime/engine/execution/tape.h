#pragma once

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/execution/finite_watch.h"
#include "runtime/engine/execution/lowered_plan.h"
#include "runtime/engine/execution/objective.h"
#include "runtime/engine/execution/plan.h"
#include "runtime/engine/execution/update_sink.h"
#include "runtime/engine/kernels/taped_call.h"
#include "runtime/engine/profile/profile_sink.h"

namespace orrery {

/// The backward pass of a plan, ordered ahead: which nodes hand which gradients to whom is known before there
/// is a batch. The forward pass notes what the derivatives need, the backward pass goes through the notes in
/// reverse and adds up, where several readers hand a gradient to one value. No gradient is recorded but
/// within single nodes whose operation has no rule, and within loops, each of which is one note. Plan and
/// engine outlive it.
class Tape {
 public:
  /// REQUIRES: the objectives' losses are targets of the plan. Fails (Fault::run) when a loss depends on none
  /// of its parameters.
  Tape(Engine& engine, const Plan& plan, const std::vector<Objective>& objectives);

  /// Whether each parameter is trained or frozen as it was when the tape was made, and each layer has the
  /// tensors that it had then.
  bool fits() const;

  /// Takes segments where it can, for batches of these sizes; the next passes are through them. REQUIRES: the
  /// plan computes on the CPU, as its tensors are declared.
  void lower(const std::vector<std::int64_t>& signature, const Symbols& symbols, LoweringMode mode);
  /// Before `lower`: who updates parameters within the next backward pass; null: nobody. Only a tape of one
  /// objective has parameters that nobody waits for. What is left of the gradients is let go of before the
  /// next forward pass then. REQUIRES: it outlives that pass, and takes the same parameters each time.
  void set_updates(UpdateSink* updates);
  /// Before a forward pass: who looks at the gradients that the backward pass brings; null: nobody. REQUIRES:
  /// it outlives that pass, and the next passes take no segments.
  void set_watch(const FiniteWatch* watch) { watch_ = watch; }
  /// The parameters that are updated within the next backward pass.
  const std::vector<Completion>& updated() const { return handed().updated; }
  /// The segment that a step of the plan belongs to; null: none.
  Segment* segment(size_t step) const { return lowered_ ? lowered_->of_step(step) : nullptr; }

  /// Takes segments, for the sizes of the last batch; null: takes none.
  const LoweredPlan* lowered() const { return lowered_; }
  const LoweredPlans& lowered_plans() const { return plans_by_size_; }

  /// Whether a node hands on gradients, so that it is computed by `forward`, or a loop that it ends by
  /// `record`. Nodes of the loop itself are none of those.
  bool has(const Node& node) const { return notes_by_node_.contains(&node); }
  /// How a node's gradients are computed since the last forward pass. REQUIRES: it was computed by `forward`.
  const TapedCall& call(const Node& node) const { return notes_[notes_by_node_.at(&node)].call; }
  /// Computes a node and notes what its derivative needs. `context` as for its kernel, but for the tensors of
  /// the layer, which are put in.
  std::vector<at::Tensor> forward(const Step& step, KernelContext context);
  /// Notes a loop: `compute` gives its results from what it reads (`Step::reads`), as autograd records it.
  std::vector<at::Tensor> record(const Step& step, std::vector<at::Tensor> reads,
                                 const TapedCall::Compute& compute);

  /// Lets go of what the derivative of a node needs, which is to be computed again.
  void drop(const Node& node) { notes_[notes_by_node_.at(&node)].call.release(); }
  /// What computes a recomputed part of the plan again, by `forward` and by segments: called when the
  /// backward pass brings it a gradient.
  void set_again(const RecomputedPart& part, std::function<void()> again) {
    again_[&part] = std::move(again);
  }

  /// The forward pass is over: from now on until the gradients are there no parameter may change.
  void end_forward();

  /// The gradients of an objective's parameters, in their order, after a forward pass; undefined for one that
  /// is frozen, that the loss does not depend on, or that was updated. `seed`: the gradient of the loss
  /// itself. `keep`: another objective's are asked for next.
  std::vector<at::Tensor> backward(size_t objective, const at::Tensor& loss, double seed, bool keep,
                                   ProfileSink* sink);
  /// Forgets the forward pass.
  void clear();

 private:
  /// What one objective asks of a node.
  struct Part {
    bool taken = false;
    std::vector<bool> wanted;  ///< of what the step reads, then of the tensors that it owns
  };
  struct Note {
    const Step* step;
    size_t place;                     ///< of the step in the plan
    std::vector<ParameterPtr> owned;  ///< the layer's; of a loop those of its layers
    std::vector<Part> parts;          ///< by objective
    std::vector<bool> wanted;         ///< by any
    TapedCall call;
    bool ran = false;
    bool passes_on = false;  ///< a result is what it reads, whose gradient is looked at there
  };
  /// The sums while one backward pass lasts.
  struct Sums {
    std::vector<at::Tensor> slots;
    std::unordered_map<const Parameter*, at::Tensor> parameters;
  };
  std::vector<bool> wanted_of(const Note& note, const Objective& objective,
                              const std::unordered_map<const Node*, bool>& differentiated) const;
  void back_through(Note& note, size_t objective, bool keep, Sums& sums, ProfileSink* sink);
  std::vector<at::Tensor> derivative_of(Note& note, size_t objective, bool keep,
                                        const std::vector<at::Tensor>& arrived);
  void enter(const RecomputedPart& part, bool keep, const Sums& sums);
  void leave(const RecomputedPart& part);
  void check_versions(size_t objective) const;
  void back_through(Segment& segment, Sums& sums, ProfileSink* sink);
  void hand_on(const Note& note, std::vector<at::Tensor> gradients, size_t objective, Sums& sums) const;
  std::vector<Completion> find_completions() const;
  void update_complete(const Note& note, Sums& sums, ProfileSink* sink) const;
  const HandedOn& handed() const { return updates_ ? *handed_to_updates_ : handed_; }

  Engine& engine_;
  const Plan& plan_;
  std::vector<Objective> objectives_;
  std::vector<std::vector<bool>> trained_;  ///< by objective, beside its parameters
  std::vector<int> losses_;                 ///< slots
  std::vector<Note> notes_;                 ///< in the order of the plan
  std::unordered_map<const Node*, size_t> notes_by_node_;
  std::unordered_set<const Node*> differentiated_;    ///< by any objective, those of loops included
  std::unordered_map<int, const Parameter*> leaves_;  ///< slots of constants that are trained
  std::unordered_map<const Parameter*, std::uint32_t> versions_;  ///< after the forward pass
  std::map<const RecomputedPart*, std::function<void()>> again_;
  HandedOn handed_;
  std::optional<HandedOn> handed_to_updates_;  ///< the same with what is updated; once it is asked for
  std::uint64_t changes_ = 0;                  ///< of `updates_`, when that was written
  UpdateSink* updates_ = nullptr;
  const FiniteWatch* watch_ = nullptr;
  LoweredPlans plans_by_size_;
  const LoweredPlan* lowered_ = nullptr;  ///< for the last sizes
};

}  // namespace orrery
