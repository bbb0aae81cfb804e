#pragma once

#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// A part of a graph: all that some values are made of, down to others.
struct Cut {
  std::vector<Value> inputs;   ///< what is given from outside when the part is built again
  std::vector<Value> outputs;  ///< what it gives
};

/// Builds a part of a graph again in another, or in the same, inside the current block: new layers with the
/// names, options, ties and frozen parameters of the old ones, and copies of their values. `inputs`: one for
/// each of the cut's. While a trace replays, its layers are taken, as they are. Throws `Error(Fault::usage)`
/// when the part also needs a field of the old graph's input, and what broken rules throw when the inputs do
/// not fit.
std::vector<Value> insert(const Cut& cut, Graph& into, Runtime& runtime, const std::vector<Value>& inputs,
                          const Origin& origin);

}  // namespace orrery
