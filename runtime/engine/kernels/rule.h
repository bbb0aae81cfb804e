#pragma once

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// Throws unless the operation's shape rule takes the inputs. For kernels of layers whose inputs PyTorch
/// checks in Python, above operators that would read beyond a tensor or spread it silently.
void expect_rule(const char* operation, const KernelContext& context);

}  // namespace orrery
