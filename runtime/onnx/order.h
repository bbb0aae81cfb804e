#pragma once

#include <string>
#include <vector>

#include "runtime/formats/onnx_model.h"

namespace orrery {

/// The nodes of a graph that its outputs need, each behind those that it reads, in the file's order where
/// that does. Names that no node, input or initializer of the graph defines are an outer graph's. Throws
/// `Error(Fault::input_file)` for a name that two define and for a cycle, whose nodes it names; no recursion.
std::vector<const OnnxNode*> onnx_order(const OnnxGraph& graph);

/// What a node reads: its inputs, and what the graphs in its attributes read from outside.
std::vector<std::string> onnx_reads(const OnnxNode& node);

}  // namespace orrery
