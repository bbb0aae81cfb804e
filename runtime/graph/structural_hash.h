#pragma once

#include <string>

#include "runtime/graph/graph.h"

namespace orrery {

/// 32 hexadecimal digits that are equal for graphs of equal structure: operations, options that differ
/// from their defaults, dtypes, edges in port order, which nodes share layers (and layers parameters),
/// the nesting of blocks, and the input without its batch. Names, seeds, governors, cues, source lines
/// and the order of independent lines do not matter.
///
/// Colour refinement (Weisfeiler and Leman, 1968) over nodes, layers and blocks, hashed with XXH3
/// (128 bits): equal structures always give equal hashes; different ones give different hashes but for
/// graphs that colour refinement cannot tell apart, which networks with ordered ports are not known to be.
std::string structural_hash(const Graph& graph);

}  // namespace orrery
