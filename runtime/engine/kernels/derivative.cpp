#include "runtime/engine/kernels/derivative.h"

#include <algorithm>
#include <unordered_map>

#include <ATen/ATen.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

std::unordered_map<std::string_view, DerivativeEntry> index_derivatives() {
  std::unordered_map<std::string_view, DerivativeEntry> index;
  for (const DerivativeEntry& entry : all_derivatives()) {
    const bool added = index.emplace(entry.operation, entry).second;
    invariant(added, "two derivatives for one operation");
  }
  return index;
}

size_t place_of(const DerivativeContext& d, std::string_view parameter) {
  const auto& names = d.call.parameter_names;
  return d.inputs.size() + static_cast<size_t>(std::ranges::find(names, parameter) - names.begin());
}

}  // namespace

bool DerivativeContext::wants_parameter(std::string_view name) const {
  const size_t place = place_of(*this, name);
  return place < wanted.size() && wanted[place];
}

at::Tensor DerivativeContext::for_input(size_t input, const at::Tensor& gradient) const {
  if (!gradient.defined() || !wants(input)) return {};
  const at::Tensor summed = gradient.sizes() == sizes(input) ? gradient : gradient.sum_to_size(sizes(input));
  return summed.to(inputs[input].options.dtype());
}

std::vector<at::Tensor> DerivativeContext::result(
    std::initializer_list<at::Tensor> of_inputs,
    std::initializer_list<std::pair<std::string_view, at::Tensor>> of_parameters) const {
  std::vector<at::Tensor> result(wanted.size());
  std::ranges::copy(of_inputs, result.begin());
  for (const auto& [name, gradient] : of_parameters)
    if (const size_t place = place_of(*this, name); place < result.size()) result[place] = gradient;
  return result;
}

std::vector<DerivativeEntry> all_derivatives() {
  std::vector<DerivativeEntry> all;
  for (const auto& family :
       {linear_derivatives(),         sparse_derivatives(),         convolution_derivatives(),
        fold_derivatives(),           recurrent_derivatives(),      attention_derivatives(),
        normalization_derivatives(),  pooling_derivatives(),        padding_derivatives(),
        resizing_derivatives(),       vision_derivatives(),         activation_derivatives(),
        dropout_derivatives(),        distance_derivatives(),       loss_derivatives(),
        arithmetic_derivatives(),     elementwise_derivatives(),    matrix_derivatives(),
        matrix_product_derivatives(), linalg_derivatives(),         shape_derivatives(),
        shape_join_derivatives(),     shape_part_derivatives(),     shape_spread_derivatives(),
        shape_order_derivatives(),    shape_diagonal_derivatives(), expectation_derivatives(),
        indexing_derivatives(),       reduction_derivatives(),      sorting_derivatives(),
        indexed_value_derivatives(),  indexing_mask_derivatives()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

const DerivativeEntry* derivative_of(const Descriptor& descriptor) {
  static const std::unordered_map<std::string_view, DerivativeEntry> index = index_derivatives();
  const auto found = index.find(descriptor.name);
  return found == index.end() || descriptor.own ? nullptr : &found->second;
}

}  // namespace orrery
