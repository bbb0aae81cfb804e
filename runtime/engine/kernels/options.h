#pragma once

#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "runtime/graph/attributes.h"

namespace orrery {

/// The option `dtype` of operations that have one; nothing when it is not given.
std::optional<at::ScalarType> wanted_dtype(const Attributes& attributes);

/// An integer option that may be left out.
std::optional<std::int64_t> optional_integer(const Attributes& attributes, const std::string& name);

/// A number of either kind.
at::Scalar number(const Attributes& attributes, const std::string& name);

}  // namespace orrery
