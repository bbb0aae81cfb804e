#pragma once

#include <memory>
#include <string>

#include "runtime/files/file_system.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// The graph of a program that `torch.export.save` wrote (.pt2), with its weights: modules become blocks, the
/// tensors of a module a layer of that name, so that keys are those of PyTorch's state dict; parameters are
/// trained, buffers are not. The first values are read from the file when a tensor is first needed. What the
/// caller gives are the fields of the one input node, dynamic sizes symbols.
///
/// Programs as `torch.export.export` gives them (operators as nn.Module calls them) and those behind
/// `run_decompositions()` are read. Faults beginning with the file: those of `Pt2Archive` and
/// `read_pt2_program`; all operators that Orrery does not have at once, and what it cannot say of one that it
/// has, by the node (Fault::check).
std::unique_ptr<Graph> read_pt2_graph(const std::string& path, const Registry& registry, Runtime& runtime,
                                      const FileSystem& files = posix_files());

}  // namespace orrery
