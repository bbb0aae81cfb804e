#pragma once

#include <map>
#include <string>

#include "runtime/formats/aliases.h"
#include "runtime/graph/graph.h"

namespace orrery {

// What Orrery keeps in the metadata of a safetensors file, beside `format` = `pt`, which tells other
// programs that the tensors follow PyTorch's names.

/// The graph as canonical JSON (runtime/graph/json.h).
inline constexpr const char* kGraphKey = "orrery.graph";
/// A JSON object for programs that use the model without knowing graphs: `version`, `inputs`, `outputs`
/// (name, shape, dtype each), `classes`, `source` (what the training data were, and how they were prepared).
/// Files without a version are older and have the same entries.
inline constexpr const char* kSignatureKey = "orrery.signature";
inline constexpr int kSignatureVersion = 1;

/// Inputs are the fields that are no labels; outputs are `results_of` (runtime/graph/results.h).
std::string signature_to_json(const Graph& graph);

/// All entries for a whole model.
std::map<std::string, std::string> model_metadata(const Graph& graph, const Aliases& aliases);

}  // namespace orrery
