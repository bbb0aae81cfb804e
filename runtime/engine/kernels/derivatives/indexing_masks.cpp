#include "runtime/engine/kernels/indexing_masks.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

using MaskIndexList = c10::List<std::optional<at::Tensor>>;

constexpr std::uint32_t kAllButFirst = kAllInputs & ~0b1U;
constexpr std::uint32_t kAllButFirstTwo = kAllInputs & ~0b11U;

std::vector<at::Tensor> index_gradients(const DerivativeContext& d) {
  at::Tensor placed = d.gradient().new_zeros(d.sizes());
  const auto rank = placed.dim();
  at::_index_put_impl_(placed, MaskIndexList(tensor_indices(d.call, 1, rank)), d.gradient(),
                       /*accumulate=*/true,
                       /*unsafe=*/true);
  return d.result({placed});
}

std::vector<at::Tensor> index_put_gradients(const DerivativeContext& d) {
  const at::Tensor& g = d.gradient();
  const MaskIndexList indices(tensor_indices(d.call, 2, g.dim()));
  at::Tensor of_input = g, of_values;
  if (d.wants(0) && !d.call.attributes.boolean("accumulate"))
    of_input = g.index_put(indices, g.new_zeros({}));
  if (d.wants(1)) of_values = d.for_input(1, g.index(indices));
  return d.result({of_input, of_values});
}

std::vector<at::Tensor> masked_select_gradients(const DerivativeContext& d) {
  const at::Tensor& mask = d.call.input(1);
  const at::Tensor placed = d.gradient().new_zeros(at::infer_size(d.sizes(), mask.sizes()));
  return d.result({d.for_input(0, placed.masked_scatter(mask, d.gradient()))});
}

std::vector<at::Tensor> masked_scatter_gradients(const DerivativeContext& d) {
  const at::Tensor& mask = d.call.input(1);
  at::Tensor of_input, of_source;
  if (d.wants(0)) of_input = d.for_input(0, d.gradient().masked_fill(mask, 0));
  if (d.wants(2)) of_source = at::masked_scatter_backward(d.gradient(), mask, d.sizes(2));
  return d.result({of_input, {}, of_source});
}

constexpr DerivativeEntry kIndexingMasksDerivatives[] = {
    {"index", index_gradients, {.inputs = kAllButFirst}},
    {"index_put", index_put_gradients, {.inputs = kAllButFirstTwo}},
    {"masked_select", masked_select_gradients, {.inputs = 0b10}},
    {"masked_scatter", masked_scatter_gradients, {.inputs = 0b10}},
};

}  // namespace

std::span<const DerivativeEntry> indexing_mask_derivatives() { return kIndexingMasksDerivatives; }

}  // namespace orrery
