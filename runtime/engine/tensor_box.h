#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "runtime/graph/descriptor.h"
#include "runtime/graph/parameter.h"

namespace orrery {

/// A LibTorch tensor as the core carries it.
class TorchBox : public TensorBox {
 public:
  explicit TorchBox(at::Tensor held) : tensor(std::move(held)) {}
  at::Tensor tensor;
};

/// A box around the tensor.
std::shared_ptr<TensorBox> boxed(at::Tensor tensor);
/// The tensor of a box that the engine made. REQUIRES: box is not null.
const at::Tensor& unboxed(const std::shared_ptr<TensorBox>& box);

at::ScalarType scalar_type(DType dtype);
/// Fails (Fault::run) on dtypes that Orrery does not have, such as complex32.
DType dtype_of(at::ScalarType type);

/// Gives a tensor another dtype in place, and its gradient: whoever holds it sees it. Records nothing.
void convert_in_place(at::Tensor held, at::ScalarType dtype);

/// Shape and dtype of a tensor that exists.
TensorType type_of(const at::Tensor& tensor);

}  // namespace orrery
