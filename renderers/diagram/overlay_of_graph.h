#pragma once

#include "renderers/diagram/overlay.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// Floating-point operations of one forward pass with one for every symbol: one sample of a batch.
Overlay flops_overlay(const Graph& graph);

/// Parameters without buffers; what several nodes share is counted at the first.
Overlay parameters_overlay(const Graph& graph);

}  // namespace orrery
