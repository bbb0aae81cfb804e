#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// What a recurrent layer reads; a sequence without a batch is a batch of one.
class RecurrentSequence {
 public:
  explicit RecurrentSequence(const KernelContext& context);

  at::Tensor input() const { return batched_ ? k_.input() : k_.input().unsqueeze(1); }
  /// Zeros when it is not given: (layers * directions, batch, width).
  at::Tensor state(size_t port, std::int64_t width) const;
  /// Outputs as the caller gets them.
  std::vector<at::Tensor> shown(std::vector<at::Tensor> outputs) const;

  bool batched() const { return batched_; }
  bool batch_first() const { return batch_first_; }
  std::int64_t directions() const { return directions_; }

 private:
  const KernelContext& k_;
  bool batched_, batch_first_;
  std::int64_t directions_;
};

/// What a recurrent cell reads: one step; an input without a batch is a batch of one.
class RecurrentStep {
 public:
  explicit RecurrentStep(const KernelContext& context) : k_(context), batched_(context.input().dim() == 2) {}

  at::Tensor input() const { return rows(k_.input()); }
  /// Zeros when it is not given: (batch, hidden size).
  at::Tensor state(size_t port) const;
  at::Tensor shown(const at::Tensor& state) const { return batched_ ? state : state.squeeze(0); }

  bool batched() const { return batched_; }

 private:
  at::Tensor rows(const at::Tensor& given) const { return batched_ ? given : given.unsqueeze(0); }

  const KernelContext& k_;
  bool batched_;
};

}  // namespace orrery
