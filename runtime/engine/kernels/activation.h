#pragma once

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// RReLU, and beside its output the slopes, which are drawn while training.
Kept rrelu_keeping_slopes(const KernelContext& k, bool training);

}  // namespace orrery
