#pragma once

#include <memory>

#include "runtime/graph/graph.h"

namespace orrery::bench {

/// A residual net of so many nodes: blocks of seven nodes each (two convolutions with batch normalisation, a
/// skip edge), closed by ReLUs. scripts/residual.lua builds the same. REQUIRES: nodes ≥ 2.
std::unique_ptr<Graph> residual_net(int nodes);

}  // namespace orrery::bench
