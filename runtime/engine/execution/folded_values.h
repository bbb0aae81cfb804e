#pragma once

#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/execution/plan.h"

namespace orrery {

/// Tensors as they were when something was computed from them. What writes to memory past LibTorch's
/// operators raises the tensor's version.
class TensorMarks {
 public:
  void remember(const std::vector<at::Tensor>& tensors);
  /// Whether they are the same tensors, on the same device, and nobody has written to them since.
  bool hold_for(const std::vector<at::Tensor>& tensors) const;

 private:
  struct Mark {
    at::Tensor tensor;
    const void* data;
    std::int64_t version;
  };
  std::vector<Mark> marks_;
};

/// What the folded steps of a plan gave, for as long as their constants stay as they are. Used by one thread.
class FoldedConstants {
 public:
  /// Beside `plan.folded_slots`; null when the steps have to be computed.
  const std::vector<at::Tensor>* find(Engine& engine, const Plan& plan) const;
  const std::vector<at::Tensor>& keep(Engine& engine, const Plan& plan, std::vector<at::Tensor> values);

 private:
  TensorMarks sources_, own_;
  std::vector<at::Tensor> values_;
};

/// Fills the weights of steps with `batch_norm`: y = W x + b, then γ (y - μ) / √(σ² + ε) + β, is
/// W' = γ W / √(σ² + ε), b' = γ (b - μ) / √(σ² + ε) + β. Used by one thread.
class FoldedBatchNorms {
 public:
  /// Computes a step's weights unless what they are made of has stayed the same, in place where they are
  /// there.
  void refresh(Engine& engine, const Step& step);
  /// All are computed anew; until then, where `releases`, they take no memory.
  void forget(bool releases);

 private:
  struct Entry {
    TensorMarks sources;
    std::vector<ParameterPtr> weights;
  };
  std::unordered_map<const Node*, Entry> entries_;  ///< by the batch normalisation
};

}  // namespace orrery
