#pragma once

#include "runtime/graph/attributes.h"

namespace orrery {

/// LibTorch's numbers of a grid sample's words, and whether corners are aligned.
struct GridOptions {
  std::int64_t mode, padding;
  bool align;
};
GridOptions grid_options(const Attributes& attributes);

}  // namespace orrery
