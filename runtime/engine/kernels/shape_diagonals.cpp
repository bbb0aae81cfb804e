#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs tril(const KernelContext& k) { return {at::tril(k.input(), k.attributes.integer("diagonal"))}; }
Outputs triu(const KernelContext& k) { return {at::triu(k.input(), k.attributes.integer("diagonal"))}; }
Outputs diag(const KernelContext& k) { return {at::diag(k.input(), k.attributes.integer("diagonal"))}; }
Outputs diagflat(const KernelContext& k) { return {at::diagflat(k.input(), k.attributes.integer("offset"))}; }

Outputs diagonal(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::diagonal(k.input(), a.integer("offset"), a.integer("dim1"), a.integer("dim2"))};
}

Outputs diag_embed(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {at::diag_embed(k.input(), a.integer("offset"), a.integer("dim1"), a.integer("dim2"))};
}

constexpr KernelEntry kShapeDiagonalsKernels[] = {
    {"tril", tril},         {"triu", triu},         {"diag", diag},
    {"diagflat", diagflat}, {"diagonal", diagonal}, {"diag_embed", diag_embed},
};

}  // namespace

std::span<const KernelEntry> shape_diagonal_kernels() { return kShapeDiagonalsKernels; }

}  // namespace orrery
