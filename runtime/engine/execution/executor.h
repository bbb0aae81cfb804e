#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/core/error.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/execution/finite_watch.h"
#include "runtime/engine/execution/plan.h"
#include "runtime/engine/execution/symbols.h"
#include "runtime/engine/profile/profile_sink.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// Thrown between two steps of a plan when the runtime's stop flag was set. Fault::interrupted or
/// Fault::terminated.
class Stopped : public Error {
 public:
  explicit Stopped(int signal);
};

/// Computes chosen values of one graph, batch by batch, and their gradients. Used by one thread; each call
/// takes the engine's turn. Errors name the node's path, its operation and its script line, and leave the
/// executor as it was before the call. The graph and the engine outlive it.
class Executor {
 public:
  /// REQUIRES: the graph is finalized; targets are values of it.
  Executor(Engine& engine, const Graph& graph, std::vector<Value> targets);

  /// Moves every parameter, buffer and constant that the targets need; later batches are moved too.
  void set_device(const at::Device& device);
  const at::Device& device() const { return device_; }

  /// Who is told what each node cost; null (the start): nobody, at no cost. Outlives the executor or is
  /// taken away.
  void set_sink(ProfileSink* sink) { sink_ = sink; }

  /// Who looks for NaN and infinity; null (the start): nobody, at no cost. Outlives the executor or is taken
  /// away.
  void set_watch(const FiniteWatch* watch) { watch_ = watch; }

  /// Plans anew after `trainable` of a parameter has changed.
  void replan();

  struct Mode {
    bool training = true;   ///< batch statistics, dropout
    bool gradients = true;  ///< record for `backward`
  };
  /// The targets' tensors, in their order. Everything else is released as soon as nobody reads it.
  std::vector<at::Tensor> forward(const Batch& batch, Mode mode);

  /// A loss and the tensors that one optimizer updates from it.
  struct Demand {
    at::Tensor loss;  ///< a scalar that `forward` returned
    std::vector<ParameterPtr> parameters;
  };
  /// For each demand the gradients of its own parameters, in their order; undefined where the loss does
  /// not depend on one. Touches no `.grad`, so several optimizers need no care: ask for all gradients
  /// first, then update. The recorded graph is freed afterwards unless `keep_graph`.
  std::vector<std::vector<at::Tensor>> backward(const std::vector<Demand>& demands, bool keep_graph = false);

  /// The symbols' values of the last batch.
  const Symbols& symbols() const { return symbols_; }
  const Graph& graph() const { return graph_; }
  const Plan& plan(bool gradients);

 private:
  void bind(const Plan& plan, const Batch& batch);
  std::vector<at::Tensor> run(const Plan& plan, const Batch& batch, Mode mode);
  std::vector<at::Tensor> compute_step(const Step& step, const std::vector<at::Tensor>& slots,
                                       const Batch& batch, Mode mode);
  std::vector<at::Tensor> call(const Step& step, const std::vector<at::Tensor>& inputs, const Batch& batch,
                               Mode mode);
  void look_at(const Step& step, const std::vector<at::Tensor>& inputs,
               const std::vector<at::Tensor>& outputs) const;
  void look_at(const std::vector<Demand>& demands,
               const std::vector<std::vector<at::Tensor>>& gradients) const;
  void report(const std::vector<Demand>& demands, const std::vector<std::vector<at::Tensor>>& gradients);

  Engine& engine_;
  const Graph& graph_;
  std::vector<Value> targets_;
  at::Device device_;
  ProfileSink* sink_ = nullptr;
  const FiniteWatch* watch_ = nullptr;
  std::map<bool, Plan> plans_;  ///< by `gradients`
  Symbols symbols_;
  const Plan* bound_ = nullptr;  ///< whose guards hold for `signature_`
  std::vector<std::int64_t> signature_;
};

}  // namespace orrery
