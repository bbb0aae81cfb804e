#pragma once

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// How a batch or instance norm comes by its statistics.
struct Statistics {
  bool of_batch;
  double momentum;  ///< the weight of this batch in the running statistics
};

/// Counts the batch while training. Throws `RuleBroken` where a channel then has only one value.
Statistics begin_batch_norm(const KernelContext& k);
Statistics instance_statistics(const KernelContext& k);

/// Of a local response norm: what the input is divided by the power `beta` of.
at::Tensor response_base(const at::Tensor& input, const Attributes& attributes);

}  // namespace orrery
