#pragma once

#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// Checks the rules about a graph's governors, one function per rule, and reports everything that can
/// be known together: losses are scalars that carry a gradient and are no labels; optimizers update
/// leaves only, and everything they update reaches their loss; no tensor is in two optimizers; a
/// trainable tensor that reaches a loss is in an optimizer (a warning else); governors belong to this
/// graph; a saver's source is unambiguous. Changes nothing.
std::vector<Finding> check_governors(const Graph& graph);

}  // namespace orrery
