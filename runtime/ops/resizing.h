#pragma once

#include <optional>

#include "runtime/core/shape.h"

namespace orrery {

/// The whole part of size · factor, computed in doubles as PyTorch does. Nothing for a symbolic size and a
/// factor of many binary digits, where rounding may decide: 0.5, 2 and 1.25 are fine, 0.7 is not.
std::optional<Dim> scaled(const Dim& size, double factor);

}  // namespace orrery
