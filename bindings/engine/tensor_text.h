#pragma once

#include <string>

#include <ATen/core/Tensor.h>

namespace orrery::lua {

/// The tensor as PyTorch prints it with its default options: 4 digits, 80 columns, the first and last 3
/// of each dimension above 1000 elements, scientific notation where the range asks for it; then device,
/// dtype and gradient where they are not the usual ones. After torch/_tensor_str.py of PyTorch 2.11.
std::string tensor_text(const at::Tensor& tensor);

}  // namespace orrery::lua
