#include "runtime/engine/tensor_box.h"

#include <array>

#include <c10/core/GradMode.h>
#include <c10/core/ScalarType.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

// In the order of DType.
constexpr std::array<at::ScalarType, kDTypeCount> kScalarTypes = {
    at::kByte,     at::kChar,  at::kShort,  at::kInt,  at::kLong,         at::kHalf,
    at::kBFloat16, at::kFloat, at::kDouble, at::kBool, at::kComplexFloat, at::kComplexDouble};

}  // namespace

std::shared_ptr<TensorBox> boxed(at::Tensor tensor) { return std::make_shared<TorchBox>(std::move(tensor)); }

const at::Tensor& unboxed(const std::shared_ptr<TensorBox>& box) {
  invariant(box != nullptr, "a tensor box is empty");
  return static_cast<const TorchBox&>(*box).tensor;
}

at::ScalarType scalar_type(DType dtype) { return kScalarTypes[static_cast<size_t>(dtype)]; }

DType dtype_of(at::ScalarType type) {
  for (size_t i = 0; i < kScalarTypes.size(); ++i) {
    if (kScalarTypes[i] == type) return static_cast<DType>(i);
  }
  fail(Fault::run, "tensors of dtype {} are not supported", c10::toString(type));
}

void convert_in_place(at::Tensor held, at::ScalarType dtype) {
  if (held.scalar_type() == dtype) return;
  const c10::NoGradGuard no_grad;
  held.set_data(held.to(dtype));
  if (held.grad().defined()) held.mutable_grad() = held.grad().to(dtype);
}

TensorType type_of(const at::Tensor& tensor) {
  TensorType type;
  type.shape.reserve(static_cast<size_t>(tensor.dim()));
  for (const std::int64_t size : tensor.sizes()) type.shape.push_back(size);
  type.dtype = dtype_of(tensor.scalar_type());
  return type;
}

}  // namespace orrery
