#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs swapaxes(const KernelContext& k) {
  return {at::transpose(k.input(), k.attributes.integer("axis0"), k.attributes.integer("axis1"))};
}
Outputs swapdims(const KernelContext& k) {
  return {at::transpose(k.input(), k.attributes.integer("dim0"), k.attributes.integer("dim1"))};
}
Outputs t(const KernelContext& k) { return {at::t(k.input())}; }
Outputs adjoint(const KernelContext& k) { return {at::adjoint(k.input())}; }

Outputs movedim(const KernelContext& k) {
  return {at::movedim(k.input(), k.attributes.integers("source"), k.attributes.integers("destination"))};
}

Outputs ravel(const KernelContext& k) { return {at::ravel(k.input())}; }
Outputs contiguous(const KernelContext& k) { return {k.input().contiguous()}; }
Outputs clone(const KernelContext& k) { return {k.input().clone()}; }
// As `view`: a copy where the memory layout allows no view.
Outputs reshape_as(const KernelContext& k) { return {k.input().reshape_as(k.input(1))}; }
Outputs type_as(const KernelContext& k) { return {k.input().to(k.input(1).scalar_type())}; }

template <at::ScalarType Type>
Outputs cast(const KernelContext& k) {
  return {k.input().to(Type)};
}

constexpr KernelEntry kShapeOrderKernels[] = {
    {"swapaxes", swapaxes},
    {"swapdims", swapdims},
    {"t", t},
    {"adjoint", adjoint},
    {"movedim", movedim},
    {"moveaxis", movedim},
    {"ravel", ravel},
    {"contiguous", contiguous},
    {"clone", clone},
    {"view_as", reshape_as},
    {"reshape_as", reshape_as},
    {"type_as", type_as},
    {"float", cast<at::kFloat>},
    {"double", cast<at::kDouble>},
    {"half", cast<at::kHalf>},
    {"bfloat16", cast<at::kBFloat16>},
    {"long", cast<at::kLong>},
    {"int", cast<at::kInt>},
    {"bool", cast<at::kBool>},
};

}  // namespace

std::span<const KernelEntry> shape_order_kernels() { return kShapeOrderKernels; }

}  // namespace orrery
