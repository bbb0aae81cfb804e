#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/data/loader.h"
#include "runtime/engine/execution/executor.h"
#include "runtime/engine/profile/recorder.h"
#include "runtime/engine/training/early_updates.h"
#include "runtime/engine/training/executed.h"
#include "runtime/engine/training/followed.h"
#include "runtime/engine/training/gradient_accumulation.h"
#include "runtime/engine/training/gradient_clipping.h"
#include "runtime/engine/training/gradient_noise.h"
#include "runtime/engine/training/gradient_scaling.h"
#include "runtime/engine/training/run_statistics.h"
#include "runtime/engine/training/second_try.h"
#include "runtime/engine/training/step_graphs.h"
#include "runtime/engine/training/step_start.h"
#include "runtime/engine/training/training_events.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// How a step that is trained on is computed.
inline constexpr Executor::Mode kTrainingMode = {.training = true, .gradients = true};

/// One step of a run: forward, backward from every optimizer's loss, update. Several optimizers work on
/// one forward pass: all gradients are taken, each optimizer's of its own parameters from its own loss,
/// before anything is updated. Of a single optimizer, where nobody has to see all gradients at once, large
/// parameters are updated within the backward pass. Of optimizers that take turns only the one whose turn it
/// is does so. An optimizer that evaluates several times in a step does so on the same batch, from the same
/// states; what the first evaluation carries on counts. When memory is missing, what can be freed is freed,
/// and forward and backward are done once more, with the same random numbers; when a parameter has been
/// updated by then, only the call that failed is, such as a node's derivative, and an error says how many
/// were. Graph, manager and engine outlive it.
class TrainingStep {
 public:
  TrainingStep(Engine& engine, const Graph& graph, const Manager& manager, const at::Device& device,
               bool with_outputs);

  const RunTargets& targets() const { return targets_; }
  const at::Device& device() const { return executor_.device(); }
  const std::vector<std::shared_ptr<Updater>>& updaters() const { return updaters_; }
  /// How many parameters the last step updated within its backward pass.
  size_t early_updates() const { return early_ ? early_->made() : 0; }

  /// The targets' values in training mode, recorded for `update`.
  std::vector<at::Tensor> forward(const Minibatch& batch);
  /// The same in evaluation mode, without recording; seen by no sink.
  std::vector<at::Tensor> evaluate(const Minibatch& batch);

  /// States: as the executor's.
  void begin_pass(bool training) { executor_.begin_pass(training); }
  void reset_states() { executor_.reset_states(); }

  /// The run has made so many updates, which tells whose turn it is; at the beginning, none.
  void take_turn(std::int64_t updates);
  /// Takes the gradients of every optimizer that has a loss and its turn, and updates them all when enough
  /// batches were seen, or this was an epoch's `last`. `values` are those of the last `forward`, of `batch`;
  /// what the caller keeps of them is missing from the memory of a second try. True after an update, also
  /// when scaled gradients were not finite, so that it was left out.
  bool update(std::vector<at::Tensor> values, const Minibatch& batch, bool last);
  /// Does a whole step, forward, backward and update, as a graph of the device, and gives the targets' values
  /// until the next step; nothing where it is to be done by `forward` and `update`. Neither the recorder nor
  /// the events are told, and there is no second try. Nothing before `set_graphs`.
  std::optional<std::vector<at::Tensor>> replay(const Minibatch& batch);
  /// Who records steps. REQUIRES: `why_not_captured` has nothing against it; before the first step.
  void set_graphs(std::shared_ptr<DeviceGraphs> graphs);
  /// Null: no step is recorded.
  const StepGraphs* graphs() const { return graphs_.get(); }

  /// Updates one optimizer from a loss computed from the last `forward`'s values, at once. `keep_graph` as
  /// `Executor::backward`.
  void update(size_t optimizer, const at::Tensor& loss, bool keep_graph);
  /// The same from a function that computes the loss, as often as the optimizer asks. Gives the first loss.
  at::Tensor update(size_t optimizer, const std::function<at::Tensor()>& loss, bool keep_graph);

  /// While `use` goes on, the function that it is given computes forward and backward of a batch as `update`
  /// does, and updates nothing. Buffers, states and random numbers are afterwards what they were, also after
  /// an error. The recorder is told; the events are not.
  void rehearse(const Minibatch& batch, const std::function<void(const std::function<void()>& step)>& use);

  /// Whether small branches run side by side from now on, in evaluations too; not at the start.
  void set_side_by_side(bool beside) { executor_.set_side_by_side(beside); }
  /// Whether any did in the last pass.
  bool ran_side_by_side() const { return executor_.ran_side_by_side(); }

  /// What the states hold, the gradients of batches whose update is not due yet, and their scale.
  void save(Checkpoint& to) const;
  void load(const Checkpoint& from);
  /// What the states of evaluation hold, as `save` puts it.
  std::vector<NamedTensor> evaluation_states() const;

  /// Frees what the script holds and no longer needs, when memory is missing; none at the start.
  void set_release(std::function<void()> release) { second_try_.set_release(std::move(release)); }
  /// Who looks for NaN and infinity while training; null: nobody.
  void set_watch(const FiniteWatch* watch) { executor_.set_watch(watch); }
  /// Who is told what each training step costs; null: nobody.
  void set_recorder(Recorder* recorder);
  /// Who is told of a step's parts; null: nobody.
  void set_events(TrainingEvents* events) { events_ = events; }
  /// Who looks at gradients before updates; null: nobody.
  void set_statistics(RunStatistics* statistics) { statistics_ = statistics; }
  /// What is added to gradients behind clipping; null: nothing.
  void set_noise(std::unique_ptr<GradientNoise> noise) { noise_ = std::move(noise); }
  /// Tells the recorder what the optimizers keep by now.
  void report_optimizer_bytes();

 private:
  std::vector<Objective> objectives() const;
  void set_due(const std::vector<size_t>& optimizers);
  void begin_updates();
  std::vector<std::vector<at::Tensor>> gradients_of(const std::vector<Executor::Demand>& demands,
                                                    bool keep_graph = false);
  std::vector<Executor::Demand> demands(const std::vector<at::Tensor>& values) const;
  void update_all(std::vector<std::vector<at::Tensor>> gradients, const std::vector<at::Tensor>& values);
  void step(Updater& updater, const std::vector<at::Tensor>& gradients);
  void tell_losses(const std::vector<Executor::Demand>& demands);
  std::vector<std::vector<at::Tensor>> backward(const std::vector<Executor::Demand>& demands,
                                                bool keep_graph = false);
  void prepare(size_t optimizer, std::vector<at::Tensor>& gradients);
  void look_at(size_t optimizer, const std::vector<at::Tensor>& gradients, bool made);
  LossAndGradients evaluated_again(size_t optimizer);
  StepGraphs::Key graph_key(const Batch& batch);
  StepGraphs::Recorded record(const Batch& batch);
  std::vector<std::vector<std::int64_t>> update_counts() const;
  void add_counts(const std::vector<std::vector<std::int64_t>>& more);
  void update_evaluating(size_t optimizer, LossAndGradients first);
  std::vector<std::vector<at::Tensor>> due_parameters() const;

  Engine& engine_;
  RunTargets targets_;
  Executor executor_;
  Recorder* recorder_ = nullptr;
  TrainingEvents* events_ = nullptr;
  RunStatistics* statistics_ = nullptr;
  std::vector<std::shared_ptr<Updater>> updaters_;
  std::vector<std::vector<ParameterPtr>> parameters_;  ///< of each updater, in its order
  bool evaluates_ = false;                             ///< one of the updaters does
  Batch batch_;                                        ///< of the last `forward`, where one evaluates
  CarriedTensors states_;                              ///< before it
  std::vector<size_t> stepped_;                        ///< the updaters that have a loss
  std::vector<size_t> due_;                            ///< those of them that the next update is of
  std::unique_ptr<EarlyUpdates> early_;                ///< null where all updates wait
  OptimizerTurns turns_;
  GradientScaling scaling_;
  GradientClipping clipping_;
  std::unique_ptr<GradientNoise> noise_;
  GradientAccumulation accumulation_;
  StepStart start_;
  SecondTry second_try_;
  std::unique_ptr<StepGraphs> graphs_;
};

}  // namespace orrery
