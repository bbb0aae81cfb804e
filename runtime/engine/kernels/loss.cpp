#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

std::int64_t reduction(const Attributes& attributes) {
  const std::string& name = attributes.text("reduction");
  if (name == "none") return at::Reduction::None;
  return name == "sum" ? at::Reduction::Sum : at::Reduction::Mean;
}

Outputs cross_entropy(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::cross_entropy_loss(k.input(0), k.input(1), k.parameter("weight"), reduction(a),
                                 a.integer("ignore_index"), a.real("label_smoothing"))};
}

Outputs nll(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::nll_loss_nd(k.input(0), k.input(1), k.parameter("weight"), reduction(a),
                          a.integer("ignore_index"))};
}

Outputs mse(const KernelContext& k) {
  return {at::mse_loss(k.input(0), k.input(1), reduction(k.attributes))};
}

constexpr KernelEntry kKernels[] = {{"CrossEntropyLoss", cross_entropy}, {"NLLLoss", nll}, {"MSELoss", mse}};

}  // namespace

std::span<const KernelEntry> loss_kernels() { return kKernels; }

}  // namespace orrery
