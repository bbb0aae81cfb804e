#include <ATen/ATen.h>

#include "runtime/engine/kernels/operands.h"

namespace orrery {
namespace {

// LibTorch spreads one of the inputs only when NaN shall be close to NaN, so both are spread before.
Outputs isclose(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const auto both = at::broadcast_tensors({k.input(0), k.input(1)});
  return {at::isclose(both[0], both[1], a.real("rtol"), a.real("atol"), a.boolean("equal_nan"))};
}

namespace op = at::_ops;

constexpr KernelEntry kComparisonKernels[] = {
    {"eq", of_two_or_number<op::eq_Tensor::call>},
    {"ne", of_two_or_number<op::ne_Tensor::call>},
    {"lt", of_two_or_number<op::lt_Tensor::call>},
    {"le", of_two_or_number<op::le_Tensor::call>},
    {"gt", of_two_or_number<op::gt_Tensor::call>},
    {"ge", of_two_or_number<op::ge_Tensor::call>},
    {"logical_and", of_two<op::logical_and::call>},
    {"logical_or", of_two<op::logical_or::call>},
    {"logical_xor", of_two<op::logical_xor::call>},
    {"logical_not", of_one<op::logical_not::call>},
    {"isnan", of_one<op::isnan::call>},
    {"isinf", of_one<op::isinf::call>},
    {"isfinite", of_one<op::isfinite::call>},
    {"isclose", isclose},
};

}  // namespace

std::span<const KernelEntry> comparison_kernels() { return kComparisonKernels; }

}  // namespace orrery
