#include "runtime/engine/kernels/kernel.h"

#include <algorithm>
#include <unordered_map>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/own_kernel.h"

namespace orrery {
namespace {

const at::Tensor kUndefined;

std::unordered_map<std::string_view, Kernel> index_kernels() {
  std::unordered_map<std::string_view, Kernel> index;
  for (const KernelEntry& entry : all_kernels()) {
    const bool added = index.emplace(entry.operation, entry.kernel).second;
    invariant(added, "two kernels for one operation");
  }
  return index;
}

}  // namespace

const at::Tensor& KernelContext::parameter(std::string_view name) const {
  const auto found = std::find(parameter_names.begin(), parameter_names.end(), name);
  return found == parameter_names.end() ? kUndefined
                                        : parameters[static_cast<size_t>(found - parameter_names.begin())];
}

// Symbols are decided by the batch.
std::vector<std::int64_t> KernelContext::sizes(const std::string& option) const {
  std::vector<std::int64_t> result;
  for (const Dim& dim : attributes.shape(option)) {
    const auto size = symbols ? dim.evaluate(*symbols) : dim.evaluate({});
    check(size.has_value(), Fault::run, "{}: the size {} is not known here",
          descriptor ? descriptor->name : option, dim.str());
    result.push_back(*size);
  }
  return result;
}

std::vector<KernelEntry> all_kernels() {
  std::vector<KernelEntry> all;
  for (const auto& family : {linear_kernels(),        sparse_kernels(),         convolution_kernels(),
                             fold_kernels(),          recurrent_kernels(),      attention_kernels(),
                             normalization_kernels(), pooling_kernels(),        padding_kernels(),
                             vision_kernels(),        resizing_kernels(),       predecessor_kernels(),
                             activation_kernels(),    dropout_kernels(),        distance_kernels(),
                             loss_kernels(),          arithmetic_kernels(),     elementwise_kernels(),
                             comparison_kernels(),    matrix_kernels(),         matrix_product_kernels(),
                             linalg_kernels(),        spectral_kernels(),       shape_kernels(),
                             shape_join_kernels(),    shape_part_kernels(),     shape_spread_kernels(),
                             shape_order_kernels(),   shape_diagonal_kernels(), expectation_kernels(),
                             indexing_kernels(),      indexing_mask_kernels(),  indexing_by_value_kernels(),
                             reduction_kernels(),     sorting_kernels(),        creation_kernels(),
                             random_kernels()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

Kernel kernel_of(const Descriptor& descriptor) {
  if (descriptor.own) return compute_own;
  static const std::unordered_map<std::string_view, Kernel> index = index_kernels();
  const auto found = index.find(descriptor.name);
  if (found == index.end())
    throw InvariantFailure("no kernel for " + descriptor.name, std::source_location::current());
  return found->second;
}

}  // namespace orrery
