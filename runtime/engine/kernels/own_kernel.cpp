#include "runtime/engine/kernels/own_kernel.h"

#include "runtime/core/error.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

/// A plain function as an own kernel.
class FunctionKernel : public OwnKernel {
 public:
  explicit FunctionKernel(Kernel kernel) : kernel_(kernel) {}
  std::vector<at::Tensor> compute(const KernelContext& context) const override { return kernel_(context); }

 private:
  Kernel kernel_;
};

std::string describe(const TensorType& type) {
  return fmt::format("{} {}", str(type.shape), name(type.dtype));
}

// Sizes that only the data tell are not known before.
bool keeps(const TensorType& promised, const TensorType& given, const KernelContext& context) {
  if (promised.dtype != given.dtype || promised.shape.size() != given.shape.size()) return false;
  for (size_t i = 0; i < given.shape.size(); ++i) {
    const auto size = promised.shape[i].evaluate(*context.symbols);
    if (size && *size != given.shape[i].value()) return false;
  }
  return true;
}

// Whoever runs the node says which it is: the message only completes that.
void check_promise(const KernelContext& context, const std::vector<at::Tensor>& outputs) {
  const std::vector<TensorType>& promised = context.node->outputs();
  if (outputs.size() != promised.size())
    throw std::runtime_error(
        fmt::format("it gave {} outputs where its shape rule promised {}", outputs.size(), promised.size()));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const TensorType given = type_of(outputs[i]);
    if (!keeps(promised[i], given, context))
      throw std::runtime_error(fmt::format("its {} is {} where its shape rule promised {}",
                                           context.node->output_name(static_cast<int>(i)), describe(given),
                                           describe(promised[i])));
  }
}

}  // namespace

std::vector<at::Tensor> compute_own(const KernelContext& context) {
  std::vector<at::Tensor> outputs = context.descriptor->own()->compute(context);
  if (context.node) check_promise(context, outputs);
  return outputs;
}

void add_operation(Runtime& runtime, Descriptor descriptor, Kernel kernel) {
  Registry& known = operations(runtime);
  descriptor.own = [own = std::make_shared<const FunctionKernel>(kernel)] { return own; };
  check(!known.find(descriptor.name), Fault::usage, "there is an operation '{}' already", descriptor.name);
  const std::string fault = Registry::fault_of(descriptor);
  check(fault.empty(), Fault::usage, "the operation '{}' cannot be added: {}", descriptor.name, fault);
  known.add(std::move(descriptor));
}

}  // namespace orrery
