#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/execution/precision.h"
#include "runtime/engine/training/checkpoint.h"

namespace orrery {

/// Keeps gradients in float16 from becoming 0: the loss is multiplied by a large number and the gradients are
/// divided by it, as torch.amp.GradScaler does, with its numbers. An update whose gradients are not finite is
/// left out, and the number halved; after 2000 updates without one it is doubled. Nothing of it happens in
/// other precisions.
class GradientScaling {
 public:
  explicit GradientScaling(const Precision& precision) : on_(precision.scales()) {}

  bool on() const { return on_; }
  /// What losses are multiplied by: 65536 at the start.
  double scale() const { return scale_; }

  at::Tensor scaled(const at::Tensor& loss) const;
  /// The gradients of one optimizer; undefined ones stay so. New tensors, since gradients may share memory.
  /// Whether all are finite: else this optimizer's update is to be left out.
  bool unscale(std::vector<at::Tensor>& gradients) const;
  /// After the updates of a step; `finite`: none was left out.
  void settle(bool finite);

  void save(Checkpoint& to) const;
  /// Begins anew from a checkpoint of a run that did not scale.
  void load(const Checkpoint& from);

 private:
  bool on_;
  double scale_ = 65536;
  std::int64_t finite_updates_ = 0;  ///< since the scale changed
};

}  // namespace orrery
