#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs cat(const KernelContext& k) { return {at::cat(all_inputs(k), k.attributes.integer("dim"))}; }
Outputs stack(const KernelContext& k) { return {at::stack(all_inputs(k), k.attributes.integer("dim"))}; }
Outputs hstack(const KernelContext& k) { return {at::hstack(all_inputs(k))}; }
Outputs vstack(const KernelContext& k) { return {at::vstack(all_inputs(k))}; }
Outputs dstack(const KernelContext& k) { return {at::dstack(all_inputs(k))}; }
Outputs atleast_1d(const KernelContext& k) { return {at::atleast_1d(k.input())}; }
Outputs atleast_2d(const KernelContext& k) { return {at::atleast_2d(k.input())}; }
Outputs atleast_3d(const KernelContext& k) { return {at::atleast_3d(k.input())}; }
Outputs meshgrid(const KernelContext& k) {
  return at::meshgrid(all_inputs(k), k.attributes.text("indexing"));
}
Outputs cartesian_prod(const KernelContext& k) { return {at::cartesian_prod(all_inputs(k))}; }
Outputs block_diag(const KernelContext& k) { return {at::block_diag(all_inputs(k))}; }

Outputs combinations(const KernelContext& k) {
  return {at::combinations(k.input(), k.attributes.integer("r"), k.attributes.boolean("with_replacement"))};
}

constexpr KernelEntry kShapeJoinsKernels[] = {
    {"cat", cat},
    {"stack", stack},
    {"hstack", hstack},
    {"vstack", vstack},
    {"dstack", dstack},
    {"atleast_1d", atleast_1d},
    {"atleast_2d", atleast_2d},
    {"atleast_3d", atleast_3d},
    {"meshgrid", meshgrid},
    {"cartesian_prod", cartesian_prod},
    {"block_diag", block_diag},
    {"combinations", combinations},
};

}  // namespace

std::span<const KernelEntry> shape_join_kernels() { return kShapeJoinsKernels; }

}  // namespace orrery
