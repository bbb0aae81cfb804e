#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// Counts the batch and gives the weight of its statistics; without a momentum every batch weighs the same.
double next_momentum(const KernelContext& k) {
  at::Tensor seen = k.parameter("num_batches_tracked");
  if (seen.defined()) seen.add_(1);
  if (k.attributes.has("momentum")) return k.attributes.real("momentum");
  return seen.defined() ? 1.0 / static_cast<double>(seen.item<std::int64_t>()) : 0.0;
}

Outputs batch_norm(const KernelContext& k) {
  const at::Tensor& mean = k.parameter("running_mean");
  const at::Tensor& variance = k.parameter("running_var");
  const bool tracks = mean.defined();
  const double momentum = k.training && tracks ? next_momentum(k) : 0.0;
  return {at::batch_norm(k.input(), k.parameter("weight"), k.parameter("bias"), mean, variance, k.training || !tracks,
                         momentum, k.attributes.real("eps"), at::globalContext().userEnabledCuDNN())};
}

constexpr KernelEntry kKernels[] = {{"BatchNorm2d", batch_norm}};

}  // namespace

std::span<const KernelEntry> normalization_kernels() { return kKernels; }

}  // namespace orrery
