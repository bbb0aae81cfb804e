#include "runtime/engine/kernels/sparse.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// LibTorch says only that an index is out of range; on a GPU it stops the device, which cannot be asked
// without waiting for it.
void require_rows(const at::Tensor& indices, std::int64_t rows) {
  if (!indices.is_cpu() || indices.numel() == 0) return;
  const auto [low, high] = at::aminmax(indices);
  const auto least = low.item<std::int64_t>(), most = high.item<std::int64_t>();
  check(least >= 0 && most < rows, Fault::run, "index {} is outside the table's rows 0…{}",
        least < 0 ? least : most, rows - 1);
}

// Shortens the rows that are looked up, in the table itself.
void renormalise(const KernelContext& k, const at::Tensor& indices) {
  if (!k.attributes.has("max_norm")) return;
  const c10::NoGradGuard no_grad;
  at::Tensor table = k.parameter("weight").detach();
  at::embedding_renorm_(table, indices.contiguous(), k.attributes.real("max_norm"),
                        k.attributes.real("norm_type"));
}

Outputs embedding(const KernelContext& k) {
  prepare_rows(k, k.input());
  return {at::embedding(k.parameter("weight"), k.input(), padding_row(k),
                        k.attributes.boolean("scale_grad_by_freq"))};
}

std::int64_t mode_of(const Attributes& attributes) {
  const std::string& mode = attributes.text("mode");
  if (mode == "sum") return 0;
  return mode == "mean" ? 1 : 2;
}

// Each row of a matrix is a bag.
at::Tensor offsets_of(const at::Tensor& indices, const at::Tensor& offsets) {
  if (offsets.defined()) return offsets;
  const std::int64_t length = indices.size(1);
  return at::arange(indices.size(0), indices.options()) * length;
}

Outputs embedding_bag(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const Bags bags = bags_of(k);
  prepare_rows(k, bags.indices);
  return {std::get<0>(at::embedding_bag(k.parameter("weight"), bags.indices, bags.offsets,
                                        a.boolean("scale_grad_by_freq"), bags.mode, false, bags.weights,
                                        bags.ends, optional_integer(a, "padding_idx")))};
}

constexpr KernelEntry kSparseKernels[] = {{"Embedding", embedding}, {"EmbeddingBag", embedding_bag}};

}  // namespace

std::int64_t padding_row(const KernelContext& k) {
  const std::int64_t row = optional_integer(k.attributes, "padding_idx").value_or(-1);
  const bool from_end = k.attributes.has("padding_idx") && row < 0;
  return from_end ? row + k.attributes.integer("num_embeddings") : row;
}

Bags bags_of(const KernelContext& k) {
  const at::Tensor& weights = k.input(2);
  const at::Tensor offsets = offsets_of(k.input(0), k.input(1));
  const bool ends = k.attributes.boolean("include_last_offset") && k.input(1).defined();
  check(!ends || offsets.size(0) > 1, Fault::run, "the last offset ends a bag, but none begins");
  return {k.input(0).reshape(-1), offsets,
          weights.defined() ? std::optional(weights.reshape(-1)) : std::nullopt, mode_of(k.attributes), ends};
}

void prepare_rows(const KernelContext& k, const at::Tensor& indices) {
  require_rows(indices, k.attributes.integer("num_embeddings"));
  renormalise(k, indices);
}

std::span<const KernelEntry> sparse_kernels() { return kSparseKernels; }

}  // namespace orrery
