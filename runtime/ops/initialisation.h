#pragma once

#include <cstdint>

#include "runtime/graph/init.h"

namespace orrery {

/// What torch.nn.Linear and the convolutions draw their weights from:
/// kaiming_uniform_(a = sqrt(5)), computed in PyTorch's order of operations so that the bounds are
/// the same doubles. `fan_in`: inputs that one output sees. REQUIRES: fan_in ≥ 1.
Init kaiming_uniform(std::int64_t fan_in);

/// What they draw their biases from: ±1 / sqrt(fan_in).
Init fan_in_uniform(std::int64_t fan_in);

}  // namespace orrery
