#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/files/file_system.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// Whether the root of a JSON text looks like VizML's: an object with nodes and links, and no format.
bool is_vizml(std::string_view text);

/// The graph of VizML's JSON (document.h has its form), with a `VizmlRun` linked to it. Nodes have the names
/// that VizML's own code gives them (`layer_Linear_0`), blocks become blocks. Layers that no optimizer
/// updates are frozen where there is an optimizer. What nothing reads is an output.
///
/// - An MNIST node is the input's fields `image` (N, 1, 28, 28) and `label` (N); another input is a field
///   called after its kind in a batch of fixed size.
/// - Normalize, GetGramMatrix (products of all channels, divided by the number of elements) and an Adder of
///   three and more become blocks of several nodes.
/// - Layers with one `import_layer` are one layer; they must have the same options.
///
/// `what` begins messages; `folder` is where the paths of its tensors begin, whose headers are read. Faults
/// of the file are `Error(Fault::input_file)` (document.h, rules.h), broken rules of graphs a `CheckError`.
std::unique_ptr<Graph> read_vizml(std::string_view text, Runtime& runtime, const std::string& what,
                                  const std::string& folder = "", const FileSystem& files = posix_files());

}  // namespace orrery
