#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/training/checkpoint.h"

namespace orrery {

/// Sums the gradients of several batches for one update. The batches' losses are divided by their number
/// before the backward pass, as Lightning does, so that the sum is a mean.
class GradientAccumulation {
 public:
  GradientAccumulation(std::int64_t batches, size_t optimizers) : batches_(batches), sums_(optimizers) {}

  /// What a loss is divided by.
  std::int64_t batches() const { return batches_; }
  /// The next gradients are the first of an update.
  bool begins() const { return seen_ == 0; }
  /// Adds one batch's gradients, a list per optimizer. True when an update is due: after so many batches, or
  /// after the last one of an epoch.
  bool add(const std::vector<std::vector<at::Tensor>>& gradients, bool last);
  /// The sums, in the order of the lists; begins anew.
  std::vector<std::vector<at::Tensor>> take();

  void save(Checkpoint& to) const;
  void load(const Checkpoint& from, const std::vector<std::vector<at::Tensor>>& parameters);

 private:
  std::int64_t batches_;
  std::int64_t seen_ = 0;
  std::vector<std::vector<at::Tensor>> sums_;
};

}  // namespace orrery
