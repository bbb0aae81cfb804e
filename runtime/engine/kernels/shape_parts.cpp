#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// One size stands for equal parts.
Outputs split(const KernelContext& k) {
  const std::vector<std::int64_t> sizes = k.sizes("split_size_or_sections");
  const std::int64_t dim = k.attributes.integer("dim");
  return sizes.size() == 1 ? at::split(k.input(), sizes[0], dim)
                           : at::split_with_sizes(k.input(), sizes, dim);
}

Outputs chunk(const KernelContext& k) {
  return at::chunk(k.input(), k.attributes.integer("chunks"), k.attributes.integer("dim"));
}

Outputs tensor_split(const KernelContext& k) {
  const std::int64_t dim = k.attributes.integer("dim");
  if (k.attributes.is_integer("indices_or_sections"))
    return at::tensor_split(k.input(), k.attributes.integer("indices_or_sections"), dim);
  return at::tensor_split(k.input(), at::IntArrayRef(k.attributes.integers("indices_or_sections")), dim);
}

Outputs unbind(const KernelContext& k) { return at::unbind(k.input(), k.attributes.integer("dim")); }

constexpr KernelEntry kShapePartsKernels[] = {
    {"split", split},
    {"chunk", chunk},
    {"tensor_split", tensor_split},
    {"unbind", unbind},
};

}  // namespace

std::span<const KernelEntry> shape_part_kernels() { return kShapePartsKernels; }

}  // namespace orrery
