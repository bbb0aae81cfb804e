#pragma once

#include "runtime/engine/kernels/lowering.h"

namespace orrery {

/// Sums and differences of two operands, each of which may be spread to the other's sizes, or the second be a
/// number (the option `other`).
bool sums_up(const LoweringQuestion& question);

void lower_spread_sum(Lowering& lowering);
void differentiate_spread_sum(Lowering& lowering);

}  // namespace orrery
