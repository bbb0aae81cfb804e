#pragma once

#include <utility>
#include <vector>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// The axes of a tensordot's inputs that are summed over, in pairs.
std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> contracted_axes(const KernelContext& k);

}  // namespace orrery
