#pragma once

#include <string>

#include "renderers/layout/sketch.h"

namespace orrery::test {

/// The first promise of layout.h that a laid-out sketch breaks, in words; empty when it keeps them all.
std::string faults(const layout::Sketch& sketch);

}  // namespace orrery::test
