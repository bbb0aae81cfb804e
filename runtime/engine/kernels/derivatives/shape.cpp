#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/views.h"

namespace orrery {
namespace {

std::vector<at::Tensor> permute_backward(const DerivativeContext& d) {
  const std::vector<std::int64_t>& dims = d.call.attributes.integers("dims");
  const auto rank = static_cast<std::int64_t>(dims.size());
  std::vector<std::int64_t> back(dims.size());
  for (std::int64_t to = 0; to < rank; ++to) {
    const std::int64_t from = dims[static_cast<size_t>(to)];
    back[static_cast<size_t>(from < 0 ? from + rank : from)] = to;
  }
  return d.result({d.gradient().permute(back)});
}

std::vector<at::Tensor> transpose_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({d.gradient().transpose(a.integer("dim0"), a.integer("dim1"))});
}

constexpr DerivativeEntry kShapeDerivatives[] = {
    {"reshape", reshaped_gradient},   {"view", reshaped_gradient},       {"flatten", reshaped_gradient},
    {"Flatten", reshaped_gradient},   {"unflatten", reshaped_gradient},  {"Unflatten", reshaped_gradient},
    {"permute", permute_backward},    {"transpose", transpose_backward}, {"squeeze", reshaped_gradient},
    {"unsqueeze", reshaped_gradient}, {"to", fitted_gradient},
};

}  // namespace

std::span<const DerivativeEntry> shape_derivatives() { return kShapeDerivatives; }

}  // namespace orrery
