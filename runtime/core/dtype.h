#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace orrery {

/// Element types, named as PyTorch names them.
enum class DType : std::uint8_t {
  uint8,
  int8,
  int16,
  int32,
  int64,
  float16,
  bfloat16,
  float32,
  float64,
  boolean,
  complex64,
  complex128
};

inline constexpr int kDTypeCount = 12;

/// `float32`, `int64`, …; `bool` for boolean.
std::string_view name(DType dtype);

/// The dtype of that name, also `float` (float32), `double`, `half`, `long`, `int`; nothing if unknown.
std::optional<DType> dtype_from_name(std::string_view name);

/// Bytes of one element.
std::int64_t element_size(DType dtype);

bool is_floating(DType dtype);
bool is_complex(DType dtype);
/// Floating-point or complex: may carry a gradient.
bool is_differentiable(DType dtype);
/// Signed, unsigned and boolean are integral here, as in `torch.dtype`.
bool is_integral(DType dtype);

/// The dtype of `a op b` for two tensors of rank ≥ 1: PyTorch's promotion table
/// (torch.promote_types, https://pytorch.org/docs/2.11/tensor_attributes.html).
DType promote(DType a, DType b);

}  // namespace orrery
