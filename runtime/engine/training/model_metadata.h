#pragma once

#include <map>
#include <string>

#include "runtime/graph/graph.h"

namespace orrery {

/// Which keys of a saved file stand for a tensor stored under another key: tied tensors are stored once.
using Aliases = std::map<std::string, std::string>;

// What Orrery keeps in the metadata of a safetensors file, beside `format` = `pt`, which tells other
// programs that the tensors follow PyTorch's names.

/// The graph as canonical JSON (runtime/graph/json.h).
inline constexpr const char* kGraphKey = "orrery.graph";
/// A JSON object: alias → the key that is stored.
inline constexpr const char* kAliasesKey = "orrery.aliases";
/// A JSON object for programs that use the model without knowing graphs: `version`, `inputs`, `outputs`
/// (name, shape, dtype each), `classes`, `source` (what the training data were, and how they were prepared).
/// Files without a version are older and have the same entries.
inline constexpr const char* kSignatureKey = "orrery.signature";
inline constexpr int kSignatureVersion = 1;

std::string aliases_to_json(const Aliases& aliases);
/// Throws `Error(Fault::input_file)` beginning with `what` when it is no object of texts.
Aliases aliases_from_json(const std::string& json, const std::string& what);

/// Inputs are the fields that are no labels; outputs are `results_of` (runtime/graph/results.h).
std::string signature_to_json(const Graph& graph);

/// All entries for a whole model.
std::map<std::string, std::string> model_metadata(const Graph& graph, const Aliases& aliases);

}  // namespace orrery
