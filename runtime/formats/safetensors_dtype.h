#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "runtime/core/dtype.h"

namespace orrery {

/// An element type that safetensors knows by name. Some are narrower than a byte, and some have no
/// counterpart among Orrery's dtypes: their tensors can be listed, read as bytes and written again.
struct SafetensorsDType {
  std::string_view name;
  int bits = 0;
  std::optional<DType> dtype;
};

/// All of them, in the order of the reference implementation (version 0.8), which is by width and by
/// which its writer sorts tensors, widest first.
/// Source: https://github.com/huggingface/safetensors, `safetensors/src/tensor.rs`, `enum Dtype`.
std::span<const SafetensorsDType> safetensors_dtypes();

/// The type of that name (`F32`, `BF16`, `F8_E4M3`); nothing if there is none.
std::optional<SafetensorsDType> safetensors_dtype(std::string_view name);

/// The type that holds tensors of a dtype: `F32` for float32, `BOOL` for bool.
SafetensorsDType safetensors_dtype(DType dtype);

}  // namespace orrery
