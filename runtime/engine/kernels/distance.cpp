#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs cosine_similarity(const KernelContext& k) {
  return {
      at::cosine_similarity(k.input(0), k.input(1), k.attributes.integer("dim"), k.attributes.real("eps"))};
}

Outputs pairwise_distance(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::pairwise_distance(k.input(0), k.input(1), a.real("p"), a.real("eps"), a.boolean("keepdim"))};
}

std::optional<std::int64_t> compute_mode(const std::string& name) {
  if (name == "use_mm_for_euclid_dist") return 1;
  if (name == "donot_use_mm_for_euclid_dist") return 2;
  return std::nullopt;
}

Outputs cdist(const KernelContext& k) {
  return {at::cdist(k.input(0), k.input(1), k.attributes.real("p"),
                    compute_mode(k.attributes.text("compute_mode")))};
}

Outputs pdist(const KernelContext& k) { return {at::pdist(k.input().contiguous(), k.attributes.real("p"))}; }

constexpr KernelEntry kDistanceKernels[] = {
    {"CosineSimilarity", cosine_similarity},
    {"cosine_similarity", cosine_similarity},
    {"PairwiseDistance", pairwise_distance},
    {"pairwise_distance", pairwise_distance},
    {"cdist", cdist},
    {"pdist", pdist},
};

}  // namespace

std::span<const KernelEntry> distance_kernels() { return kDistanceKernels; }

}  // namespace orrery
