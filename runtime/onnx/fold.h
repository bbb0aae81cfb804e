#pragma once

#include <map>
#include <string>

#include "runtime/onnx/call.h"

namespace orrery {

/// Works out a node whose inputs are all known and small; false where it cannot be told (symbols).
using OnnxFolder = bool (*)(OnnxCall&);
using OnnxFolders = std::map<std::string, OnnxFolder>;

void add_number_folders(OnnxFolders& folders);    ///< arithmetic, comparisons, casts
void add_movement_folders(OnnxFolders& folders);  ///< what only moves elements
/// Works out a node that changes but the shape of a weight: of the literal, without a node.
bool fold_view(OnnxCall& call);

}  // namespace orrery
