#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs batch_norm(const KernelContext& k) {
  const at::Tensor& mean = k.parameter("running_mean");
  const at::Tensor& variance = k.parameter("running_var");
  const bool tracks = mean.defined();
  if (k.training && tracks) at::Tensor(k.parameter("num_batches_tracked")).add_(1);
  return {at::batch_norm(k.input(), k.parameter("weight"), k.parameter("bias"), mean, variance,
                         k.training || !tracks, k.attributes.real("momentum"), k.attributes.real("eps"),
                         at::globalContext().userEnabledCuDNN())};
}

constexpr KernelEntry kKernels[] = {{"BatchNorm2d", batch_norm}};

}  // namespace

std::span<const KernelEntry> normalization_kernels() { return kKernels; }

}  // namespace orrery
