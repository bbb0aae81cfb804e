#pragma once

#include "tests/renderers/layout_quality.h"

namespace orrery::bench {

/// Lays a sketch out with Graphviz's `dot`: boxes of the same sizes at the same distances, frames as
/// clusters, lines of straight parts. Throws Skipped where there is no dot.
test::LayoutQuality quality_by_dot(const layout::Sketch& sketch);

}  // namespace orrery::bench
