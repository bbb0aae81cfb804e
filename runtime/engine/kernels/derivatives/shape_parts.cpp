#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/views.h"

namespace orrery {
namespace {

std::int64_t part_dim(const DerivativeContext& d) { return d.call.attributes.integer("dim"); }

bool all_came_back(const DerivativeContext& d) {
  return std::ranges::all_of(d.gradients, [](const at::Tensor& each) { return each.defined(); });
}

// One pass writes the whole gradient when none of its parts is missing.
std::vector<at::Tensor> split_backward(const DerivativeContext& d) {
  if (!all_came_back(d)) return placed_gradients(d);
  return d.result({at::cat(at::TensorList(d.gradients.data(), d.gradients.size()), part_dim(d))});
}

std::vector<at::Tensor> unbind_backward(const DerivativeContext& d) {
  if (!all_came_back(d)) return placed_gradients(d);
  return d.result({at::stack(at::TensorList(d.gradients.data(), d.gradients.size()), part_dim(d))});
}

// The parts of `tensor_split` may overlap.
constexpr DerivativeEntry kShapePartsDerivatives[] = {
    {"split", split_backward},
    {"chunk", split_backward},
    {"tensor_split", placed_gradients},
    {"unbind", unbind_backward},
};

}  // namespace

std::span<const DerivativeEntry> shape_part_derivatives() { return kShapePartsDerivatives; }

}  // namespace orrery
