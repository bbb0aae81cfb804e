#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/onnx/call.h"

namespace orrery {

/// A sequence or an optional while it is imported. Its elements are made when they are read, as what nothing
/// reads does not belong into the graph.
struct OnnxList {
  using Element = std::function<OnnxKnown(const OnnxCall&)>;
  bool optional = false;  ///< at most one element, which may be a sequence
  std::vector<Element> elements = {};
};

using OnnxSequenceImporter = void (*)(OnnxImporter&, OnnxCall&);

/// SequenceEmpty … SequenceMap, SplitToSequence, ConcatFromSequence and the optionals, by name. Lengths and
/// positions must be known: sequences are gone when the import ends.
const std::map<std::string, OnnxSequenceImporter>& onnx_sequence_importers();

}  // namespace orrery
