#pragma once

#include "runtime/graph/descriptor.h"

namespace orrery {

// Parts of the family elementwise, each in a file of its name.

/// What takes one value or another: where, clamp, masked_fill.
void add_choosing(Registry& registry);
/// What makes, splits and views complex numbers.
void add_complex_numbers(Registry& registry);

}  // namespace orrery
