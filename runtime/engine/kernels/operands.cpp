#include "runtime/engine/kernels/operands.h"

#include <ATen/ScalarOps.h>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/options.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {

at::Tensor operand(const KernelContext& k, size_t port, const std::string& name) {
  if (k.input(port).defined()) return k.input(port);
  if (!k.attributes.has(name)) return {};
  return at::native::wrapped_scalar_tensor(number(k.attributes, name));
}

at::TensorOptions made_options(const KernelContext& k) {
  return at::TensorOptions(scalar_type(k.attributes.dtype("dtype"))).device(k.device);
}

at::TensorOptions like_input(const KernelContext& k) {
  const auto dtype = wanted_dtype(k.attributes);
  return dtype ? k.input().options().dtype(*dtype) : k.input().options();
}

}  // namespace orrery
