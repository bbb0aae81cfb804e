#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/graph/node.h"

namespace orrery {

/// The values that the symbols of a graph have for one batch.
using Symbols = std::map<std::string, std::int64_t>;

/// A batch: the input node's fields by name.
using Batch = std::map<std::string, at::Tensor>;

/// The symbols' values, read from the batch's shapes. `needed` runs beside the input node's fields. Fails
/// (Fault::run) when a needed field is missing, one is unknown, has another rank, dtype or dimension than the
/// input node promises, or two fields disagree about a symbol.
Symbols bind_symbols(const Node& input, const Batch& batch, const std::vector<bool>& needed);

/// Gives the symbols that only the data tell (`Node::data_symbols`) the sizes that came out.
void bind_data_symbols(const Node& node, const std::vector<at::Tensor>& outputs, Symbols& symbols);

/// Fails with the words of the shape rule, the node's path and its script line when a guard of the node does
/// not hold.
void check_guards(const Node& node, const Symbols& symbols);

}  // namespace orrery
