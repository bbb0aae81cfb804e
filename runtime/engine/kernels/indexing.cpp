#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs select(const KernelContext& k) {
  return {at::select(k.input(), k.attributes.integer("dim"), k.attributes.integer("index"))};
}

Outputs narrow(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::narrow(k.input(), a.integer("dim"), a.integer("start"), a.integer("length"))};
}

Outputs slice(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::slice(k.input(), a.integer("dim"), optional_integer(a, "start"), optional_integer(a, "end"),
                    a.integer("step"))};
}

constexpr KernelEntry kIndexingKernels[] = {{"select", select}, {"narrow", narrow}, {"slice", slice}};

}  // namespace

std::span<const KernelEntry> indexing_kernels() { return kIndexingKernels; }

}  // namespace orrery
