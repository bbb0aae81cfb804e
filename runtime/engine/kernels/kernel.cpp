#include "runtime/engine/kernels/kernel.h"

#include <algorithm>
#include <unordered_map>

#include "runtime/core/error.h"

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

std::vector<KernelEntry> all_kernels() {
  std::vector<KernelEntry> all;
  for (const auto& family :
       {activation_kernels(), arithmetic_kernels(), convolution_kernels(), dropout_kernels(),
        indexing_kernels(), linear_kernels(), loss_kernels(), matrix_kernels(), normalization_kernels(),
        pooling_kernels(), reduction_kernels(), shape_kernels()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

Kernel kernel_of(const Descriptor& descriptor) {
  static const std::unordered_map<std::string_view, Kernel> index = index_kernels();
  const auto found = index.find(descriptor.name);
  if (found == index.end())
    throw InvariantFailure("no kernel for " + descriptor.name, std::source_location::current());
  return found->second;
}

}  // namespace orrery
