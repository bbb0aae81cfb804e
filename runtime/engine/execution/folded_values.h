#pragma once

#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/execution/plan.h"

namespace orrery {

/// Tensors as they were when something was computed from them. What writes to memory past LibTorch's operators
/// raises the tensor's version.
class TensorMarks {
 public:
  void remember(const std::vector<at::Tensor>& tensors);
  /// Whether they are the same tensors, on the same device, and nobody has written to them since.
  bool hold_for(const std::vector<at::Tensor>& tensors) const;

 private:
  struct Mark {
    at::Tensor tensor;
    const void* data;
    std::uint32_t version;
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

/// Weights of layers that contain the batch normalisation behind them: y = W x + b, then
/// γ (y - μ) / √(σ² + ε) + β, is W' = γ W / √(σ² + ε), b' = γ (b - μ) / √(σ² + ε) + β. Used by one thread.
class FoldedBatchNorms {
 public:
  struct Weights {
    std::vector<at::Tensor> tensors;  ///< weight, bias
  };
  /// Of a step with `batch_norm`; computed anew when one of the tensors has changed.
  const Weights& of(Engine& engine, const Step& step);
  /// Training goes on: all are computed anew.
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    TensorMarks sources;
    Weights weights;
  };
  std::unordered_map<const Node*, Entry> entries_;  ///< by the batch normalisation
};

}  // namespace orrery
