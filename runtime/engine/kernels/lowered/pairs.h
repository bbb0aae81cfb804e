#pragma once

#include "runtime/engine/kernels/lowering.h"

namespace orrery {

/// Operations of two operands, one of which may be spread to the other's sizes or be a number (the option
/// `other`).
bool pairs_up(const LoweringQuestion& question);

void lower_spread_sum(Lowering& lowering);
void differentiate_spread_sum(Lowering& lowering);

}  // namespace orrery
