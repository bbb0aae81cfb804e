#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/core/error.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/execution/finite_watch.h"
#include "runtime/engine/execution/folded_values.h"
#include "runtime/engine/execution/objective.h"
#include "runtime/engine/execution/placement.h"
#include "runtime/engine/execution/plan.h"
#include "runtime/engine/execution/precision.h"
#include "runtime/engine/execution/recomputed.h"
#include "runtime/engine/execution/recomputed_start.h"
#include "runtime/engine/execution/states.h"
#include "runtime/engine/execution/symbols.h"
#include "runtime/engine/execution/tape.h"
#include "runtime/engine/profile/profile_sink.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// Thrown between two steps of a plan when the runtime's stop flag was set. Fault::interrupted or
/// Fault::terminated.
class Stopped : public Error {
 public:
  explicit Stopped(int signal);
};

/// Who computes gradients: the static plan, whose backward pass is ordered ahead, or LibTorch's autograd,
/// which records each forward pass; `automatic` takes the plan wherever it can be had.
enum class GradientEngine { automatic, plan, autograd };

/// The kind and sizes of every field: as long as they stay, symbols and guards need no second look.
std::vector<std::int64_t> signature_of(const Batch& batch);

/// Computes chosen values of one graph, batch by batch, and their gradients. Used by one thread; each call
/// takes the engine's turn. Errors name the node's path, its operation and its script line, and leave the
/// executor as it was before the call. The graph and the engine outlive it.
class Executor {
 public:
  /// REQUIRES: the graph is finalized; targets are values of it.
  Executor(Engine& engine, const Graph& graph, std::vector<Value> targets);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  /// What autograd has recorded of recomputed blocks has no gradient any more.
  ~Executor() { *self_ = nullptr; }

  /// Moves every parameter, buffer and constant that the targets need, those of placed blocks to their own
  /// devices; later batches are moved too.
  void set_device(const at::Device& device);
  const at::Device& device() const { return device_; }

  /// What later batches are computed in; as declared at the start.
  void set_precision(const Precision& precision);

  /// Which passes its plans go through; all at the start.
  void set_passes(const PassSet& passes);

  /// Who is told what each node cost; null (the start): nobody, at no cost. Outlives the executor or is
  /// taken away.
  void set_sink(ProfileSink* sink) { sink_ = sink; }

  /// Who looks for NaN and infinity; null (the start): nobody, at no cost. Outlives the executor or is taken
  /// away.
  void set_watch(const FiniteWatch* watch);

  /// What gradients will be asked for, so that the static plan can be made; none at the start: whatever
  /// `backward` demands, recorded by autograd.
  void set_objectives(std::vector<Objective> objectives, GradientEngine engine);
  /// Which of the objectives the next steps ask for; all at the start.
  void set_due(std::vector<size_t> due) { due_ = std::move(due); }
  /// Who updates parameters within the backward passes of the static plan, from the next forward pass on;
  /// null (the start): nobody. As `Tape::set_updates`. Such a backward pass that fails leaves some of them
  /// updated.
  void set_updates(UpdateSink* updates) { updates_ = updates; }
  /// Why autograd records the forward passes although there are objectives; empty: the plan is used.
  std::string unplanned() const;
  /// Why no step is lowered to own kernels although the passes do that; empty: they are, where they can be.
  std::string unlowered() const;

  /// Whether own kernels may work on the CPU's memory, which no recording of a device sees; they may at the
  /// start.
  void set_lowering(bool lowering) { lowering_ = lowering; }

  /// Whether blocks that are to be recomputed (`Block::recomputes`) are, in passes with gradients; at the
  /// start.
  void set_recomputes(bool recomputes);

  /// Whether many batches are computed without gradients between changes of the weights: segments keep them
  /// in another order beside, where that makes products faster. Not at the start.
  void set_keeps_weights(bool keeps) { keeps_weights_ = keeps; }

  /// Whether small branches of segments that do not depend on each other run side by side, on as many threads
  /// as the engine has; not at the start.
  void set_side_by_side(bool beside) { side_by_side_ = beside; }
  /// Whether any did in the last pass.
  bool ran_side_by_side() const { return lowered_ && lowered_->has_branches(); }

  /// Whether a training step that has begun comes to its end although the stop flag is set; not at the start.
  void set_finishing(bool finishing) { finishing_ = finishing; }

  struct Mode {
    bool training = true;   ///< batch statistics, dropout
    bool gradients = true;  ///< record for `backward`
  };
  /// The targets' tensors, in their order. Everything else is released as soon as nobody reads it. The
  /// states that the targets depend on are carried on; training and evaluation have their own.
  /// What was frozen, unfrozen or marked for recomputing since the last call is planned anew.
  std::vector<at::Tensor> forward(const Batch& batch, Mode mode);

  /// A pass over the data begins, in training mode or not: its states get their first values, but for those
  /// that are never reset.
  void begin_pass(bool training) { carried_[training].begin_pass(); }
  /// All states get their first values.
  void reset_states() { carried_.clear(); }
  /// What the states hold while training, to be put back before a batch is evaluated again.
  CarriedTensors training_states() const {
    const auto found = carried_.find(true);
    return found == carried_.end() ? CarriedTensors() : found->second;
  }
  void set_training_states(CarriedTensors states) { carried_[true] = std::move(states); }

  /// What the states hold, by the paths of their nodes; none before the first step.
  std::map<std::string, at::Tensor> carried(bool training) const;
  /// Goes on from there.
  void carry(bool training, const std::map<std::string, at::Tensor>& carried);

  /// A loss and the tensors that one optimizer updates from it.
  struct Demand {
    at::Tensor loss;  ///< a scalar that `forward` returned
    std::vector<ParameterPtr> parameters;
  };
  /// For each demand the gradients of its own parameters, in their order; undefined where the loss does
  /// not depend on one. Touches no `.grad`, so several optimizers need no care: ask for all gradients
  /// first, then update. The recorded graph is freed afterwards unless `keep_graph`.
  std::vector<std::vector<at::Tensor>> backward(const std::vector<Demand>& demands, bool keep_graph = false);
  /// Whether the last forward pass was one of the static plan: the only backward passes behind it are the
  /// plan's, one for each forward pass.
  bool planned() const { return tape_ != nullptr; }
  /// The plan of that pass, until its backward pass; null: autograd recorded it.
  const Tape* tape() const { return tape_; }
  /// The same gradients by the static plan: of each due objective's parameters, in their order; undefined for
  /// those that were updated. `losses`: as `forward` gave them; `seed`: the gradient of each.
  std::vector<std::vector<at::Tensor>> backward(const std::vector<at::Tensor>& losses, double seed);

  /// The symbols' values of the last batch.
  const Symbols& symbols() const { return symbols_; }
  const Graph& graph() const { return graph_; }
  /// As of what is trainable now; stays until the next call. Without gradients training and evaluation have
  /// their own.
  const Plan& plan(bool gradients, bool training = true);

 private:
  void bind(const Plan& plan, const Batch& batch);
  void check_guards_of(const Plan& plan) const;
  void carry_on(std::vector<at::Tensor>& results, Mode mode);
  at::Tensor constant(const Node& node, Mode mode);
  std::vector<at::Tensor> run(const Plan& plan, const Batch& batch, Mode mode);
  void forget_plans();
  /// What the steps of one forward pass share.
  struct Pass {
    const Batch& batch;
    Mode mode;
    std::vector<at::Tensor> slots;
    bool told_by_data = false;  ///< sizes came up that guards may ask for
    /// Which step of how many each loop is at, the innermost last; counts from 0.
    std::vector<std::pair<size_t, size_t>> loops = {};
    const RecomputedPart* part = nullptr;  ///< that the steps belong to
    bool again = false;                    ///< it is computed for the second time
    /// Undefined for slot -1.
    std::vector<at::Tensor> at(const std::vector<int>& places) const;
    at::Tensor& operator[](int slot) { return slots[static_cast<size_t>(slot)]; }
    /// In a part, for the first time: nothing is kept for derivatives.
    bool drops() const { return part && !again; }
  };
  std::uint64_t way(const Plan& plan) const;
  void put_folded(const Plan& plan, Pass& pass);
  Tape* tape_for(const Plan& plan, Mode mode);
  const LoweredPlan* lowered_for(const Plan& plan, Mode mode);
  void run(const std::vector<Step>& steps, const RecomputedParts& recomputed, Pass& pass);
  size_t run_at(size_t place, const Step& step, Pass& pass);
  void run(const Step& step, Pass& pass);
  size_t run_segment(Segment& segment, Pass& pass);
  struct PartStart;
  void run_part(const std::shared_ptr<const RecomputedPart>& part, Pass& pass);
  void run_members(const RecomputedPart& part, Pass& pass);
  void drop(const Node& node, std::vector<at::Tensor>& outputs);
  void check_threads(const RecomputedPart& part) const;
  std::vector<at::Device> devices_of(const RecomputedPart& part) const;
  void note_part(std::shared_ptr<const PartStart> start, std::vector<at::Tensor> reads);
  void record_part(std::shared_ptr<const PartStart> start, std::vector<at::Tensor> reads, Pass& pass);
  std::vector<at::Tensor> run_again(const PartStart& start, const std::vector<at::Tensor>& inputs,
                                    const std::vector<at::Tensor>& weights, Tape* tape);
  void stop_if_asked(const Pass& pass) const;
  std::vector<at::Tensor> compute_step(const Step& step, const std::vector<at::Tensor>& inputs, Pass& pass);
  std::vector<at::Tensor> call(const Step& step, const std::vector<at::Tensor>& inputs, const Batch& batch,
                               Mode mode);
  std::vector<at::Tensor> call_with_batch_norm(const Step& step, KernelContext context);
  std::vector<at::Tensor> run_loop(const Step& step, Pass& pass);
  std::vector<at::Tensor> record_loop(const Step& step, Pass& pass);
  std::vector<at::Tensor> run_turns(const Step& step, Pass& pass);
  std::vector<std::vector<at::Tensor>> cut(const LoopSteps& loop, const Pass& pass);
  at::Tensor stacked(const Step& step, size_t output, const std::vector<at::Tensor>& parts);
  void begin(const Node& node, const Pass& pass);
  void end(const Step& step, const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& outputs,
           const Pass& pass);
  void look_at(const Step& step, const std::vector<at::Tensor>& inputs,
               const std::vector<at::Tensor>& outputs) const;
  void look_at(const std::vector<const std::vector<ParameterPtr>*>& parameters,
               const std::vector<std::vector<at::Tensor>>& gradients) const;
  void report(const std::vector<const std::vector<ParameterPtr>*>& parameters,
              const std::vector<std::vector<at::Tensor>>& gradients);

  Engine& engine_;
  const Graph& graph_;
  std::vector<Value> targets_;  ///< behind those asked for, what the states become
  std::vector<const Node*> states_;
  std::map<bool, CarriedTensors> carried_;  ///< by `training`
  at::Device device_;
  Placement placement_;
  Precision precision_;
  bool lowering_ = true;
  bool finishing_ = false;
  bool recomputes_ = true;
  std::shared_ptr<Executor*> self_ =
      std::make_shared<Executor*>(this);  ///< seen by what autograd has recorded
  bool keeps_weights_ = false;
  bool side_by_side_ = false;
  ProfileSink* sink_ = nullptr;
  const FiniteWatch* watch_ = nullptr;
  UpdateSink* updates_ = nullptr;
  PassSet passes_;
  std::map<std::pair<bool, bool>, Plan> plans_;  ///< by `gradients` and `training`
  std::map<const Plan*, FoldedConstants> folded_;
  FoldedBatchNorms batch_norms_;
  std::vector<Objective> objectives_;
  GradientEngine gradient_engine_ = GradientEngine::automatic;
  std::vector<size_t> due_;
  std::map<std::vector<size_t>, Tape> tapes_;  ///< by what is due; of the plan with gradients
  Tape* tape_ = nullptr;                       ///< of the last forward pass
  LoweredPlans evaluations_;                   ///< of the plans without gradients
  const LoweredPlan* lowered_ = nullptr;       ///< for the last forward pass; null: none
  Symbols symbols_;
  std::uint64_t plans_made_ = 0;
  const Plan* bound_ = nullptr;  ///< whose guards hold for `signature_`
  std::vector<std::int64_t> signature_;
};

}  // namespace orrery
