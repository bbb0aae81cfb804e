#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runtime/graph/node.h"

namespace orrery {

/// Floating-point operations of a node's forward pass, as its descriptor counts them; 0 where nothing is
/// counted, or the symbols do not tell.
double flops_of(const Node& node, const std::map<std::string, std::int64_t>& symbols);

}  // namespace orrery
