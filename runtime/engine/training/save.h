#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/files/file_system.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// A tensor and the key that it has in a file.
struct NamedTensor {
  std::string key;
  at::Tensor tensor;
};

/// Writes a graph as one safetensors file that restores the whole model: its parameters, buffers and
/// constants under PyTorch's keys, tied tensors once, and in the metadata the graph, its signature and
/// the alias map. Atomic; faults as `write_safetensors`.
void save_graph(Engine& engine, const Graph& graph, const std::string& path,
                const FileSystem& files = posix_files());

/// Writes some of a graph's tensors (a block's, what a saver names) under the given keys, tied ones once,
/// without the graph.
void save_entries(Engine& engine, const std::vector<Graph::Entry>& entries, const std::string& path,
                  const FileSystem& files = posix_files());

/// Writes tensors in their dtype; from whatever device and memory layout. Throws `Error(Fault::usage)`
/// for dtypes that safetensors has no name for.
void write_tensors(Engine& engine, const std::string& path, const std::vector<NamedTensor>& tensors,
                   const std::map<std::string, std::string>& metadata,
                   const FileSystem& files = posix_files());

}  // namespace orrery
