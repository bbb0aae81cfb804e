#pragma once

#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/graph/attributes.h"

namespace orrery {

/// The option `dtype` of operations that have one; nothing when it is not given.
std::optional<at::ScalarType> wanted_dtype(const Attributes& attributes);

/// An integer option that may be left out.
std::optional<std::int64_t> optional_integer(const Attributes& attributes, const std::string& name);

/// All inputs, of an operation that takes many.
at::TensorList all_inputs(const KernelContext& context);

/// A number of either kind.
at::Scalar number(const Attributes& attributes, const std::string& name);

}  // namespace orrery
