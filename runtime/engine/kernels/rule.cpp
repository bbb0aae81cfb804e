#include "runtime/engine/kernels/rule.h"

#include "runtime/core/error.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/ops/operations.h"

namespace orrery {

void expect_rule(const char* operation, const KernelContext& context) {
  std::vector<TensorType> types(context.inputs.size());
  std::vector<const TensorType*> linked;
  for (size_t i = 0; i < types.size(); ++i) {
    if (context.inputs[i].defined()) types[i] = type_of(context.inputs[i]);
    linked.push_back(context.inputs[i].defined() ? &types[i] : nullptr);
  }
  ShapeContext shapes(linked, context.attributes);
  try {
    operations().get(operation).shape(shapes);
  } catch (const RuleBroken& broken) {
    fail(Fault::run, "{} expects {}, got {}", operation, broken.expected, broken.got);
  }
}

}  // namespace orrery
