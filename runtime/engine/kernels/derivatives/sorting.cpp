#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

at::Tensor sorted_gradient(const DerivativeContext& d, const at::Tensor& places, std::int64_t dim,
                           bool keepdim) {
  return at::value_selecting_reduction_backward(d.gradient(), dim, places, d.sizes(), keepdim);
}

// Of `sort` and `topk`, which leave the dimension as long as they like.
std::vector<at::Tensor> sort_backward(const DerivativeContext& d) {
  return d.result({sorted_gradient(d, d.outputs[1], d.call.attributes.integer("dim"), true)});
}

Kept msort_keeping(const KernelContext& k) {
  auto [values, places] = at::sort(k.input(), 0, /*descending=*/false);
  return {{values}, {places}};
}

std::vector<at::Tensor> msort_backward(const DerivativeContext& d) {
  return d.result({sorted_gradient(d, d.kept[0], 0, true)});
}

std::vector<at::Tensor> kthvalue_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({sorted_gradient(d, d.outputs[1], a.integer("dim"), a.boolean("keepdim"))});
}

constexpr Reads kSortedPlaces = {.outputs = true};

constexpr DerivativeEntry kSortingDerivatives[] = {
    {"sort", sort_backward, kSortedPlaces},
    {"msort", msort_backward, {}, msort_keeping},
    {"topk", sort_backward, kSortedPlaces},
    {"kthvalue", kthvalue_backward, kSortedPlaces},
};

}  // namespace

std::span<const DerivativeEntry> sorting_derivatives() { return kSortingDerivatives; }

}  // namespace orrery
