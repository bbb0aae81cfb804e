#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs dropout(const KernelContext& k) {
  return {at::dropout(k.input(), k.attributes.real("p"), k.training)};
}

constexpr KernelEntry kKernels[] = {{"Dropout", dropout}};

}  // namespace

std::span<const KernelEntry> dropout_kernels() { return kKernels; }

}  // namespace orrery
