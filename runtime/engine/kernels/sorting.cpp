#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

std::int64_t dim(const KernelContext& k) { return k.attributes.integer("dim"); }
bool descending(const KernelContext& k) { return k.attributes.boolean("descending"); }

Outputs both(std::tuple<at::Tensor, at::Tensor> found) {
  return {std::move(std::get<0>(found)), std::move(std::get<1>(found))};
}

Outputs sort(const KernelContext& k) {
  return both(at::sort(k.input(), k.attributes.boolean("stable"), dim(k), descending(k)));
}

Outputs argsort(const KernelContext& k) {
  return {at::argsort(k.input(), k.attributes.boolean("stable"), dim(k), descending(k))};
}

Outputs msort(const KernelContext& k) { return {at::msort(k.input())}; }

Outputs topk(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return both(at::topk(k.input(), a.integer("k"), dim(k), a.boolean("largest"), a.boolean("sorted")));
}

Outputs kthvalue(const KernelContext& k) {
  return both(at::kthvalue(k.input(), k.attributes.integer("k"), dim(k), k.attributes.boolean("keepdim")));
}

Outputs bucketize(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::bucketize(k.input(0), k.input(1), a.boolean("out_int32"), a.boolean("right"))};
}

Outputs searchsorted(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const auto side = a.has("side") ? std::optional<std::string_view>(a.text("side")) : std::nullopt;
  const bool int32 = a.boolean("out_int32"), right = a.boolean("right");
  if (k.input(1).defined()) return {at::searchsorted(k.input(0), k.input(1), int32, right, side)};
  return {at::searchsorted(k.input(0), number(a, "input"), int32, right, side)};
}

constexpr KernelEntry kSortingKernels[] = {
    {"sort", sort},
    {"argsort", argsort},
    {"msort", msort},
    {"topk", topk},
    {"kthvalue", kthvalue},
    {"bucketize", bucketize},
    {"searchsorted", searchsorted},
};

}  // namespace

std::span<const KernelEntry> sorting_kernels() { return kSortingKernels; }

}  // namespace orrery
