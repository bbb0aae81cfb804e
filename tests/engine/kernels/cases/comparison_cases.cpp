#include "runtime/ops/operations.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {

void add_comparison_cases(CaseMakers& makers) {
  for (const auto& descriptor : operations().all())
    if (descriptor->category == Category::comparison) makers[descriptor->name] = {.inputs = fit_operands};
  makers["isclose"] = {.inputs = fit_same_dtype};
}

}  // namespace orrery
