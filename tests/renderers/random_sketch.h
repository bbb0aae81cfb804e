#pragma once

#include "renderers/layout/sketch.h"

namespace orrery::test {

struct RandomSketchOptions {
  bool any_direction = false;  ///< each frame has its own
  bool entangled = false;      ///< leaves lie in frames without regard to their edges
};

/// A sketch of up to about 40 boxes with nested frames, fans, skips, labels and several outputs; the same for
/// the same seed.
layout::Sketch random_sketch(unsigned seed, const RandomSketchOptions& options);

}  // namespace orrery::test
