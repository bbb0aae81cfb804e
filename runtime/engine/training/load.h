#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/engine/training/save.h"
#include "runtime/files/file_system.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// What did not match when weights were loaded without `strict`.
struct LoadReport {
  std::vector<std::string> missing;     ///< keys that the graph has and the file lacks
  std::vector<std::string> unexpected;  ///< keys that the file has and the graph lacks
};

/// Which tensors of a file are loaded, and into what.
struct LoadOptions {
  LoadOptions(bool strict_keys = true) : strict(strict_keys) {}

  bool strict;  ///< missing and unexpected keys are errors
  /// Only keys of the graph that fit one of these patterns (runtime/core/pattern.h); none: all.
  std::vector<std::string> match;
  /// What the file's keys begin with → what the graph's begin with: `backbone.` → ``. The longest that fits
  /// counts, once.
  std::map<std::string, std::string> map;
  /// The part of the file that is loaded, whose keys then lack the name: `model` of a checkpoint, `module` of
  /// what a DataParallel saved. Empty: all.
  std::string prefix;
  /// Keys of the graph, as patterns, whose matrices the file keeps turned over, as Keras and GPT-2's `Conv1D`
  /// do.
  std::vector<std::string> transpose;
};

/// Copies the tensors of a file of weights (safetensors, a set with an index, PyTorch's .pt, .npz) into
/// parameters, buffers and constants by their keys; floating dtypes are converted. Everything is compared
/// before anything is changed. Throws `Error(Fault::input_file)` that lists at once all keys that are missing
/// and unexpected (when `strict`), each with the nearest one, and all whose shape or dtype does not fit; also
/// when nothing at all is loaded although patterns or prefixes were given, or two of the file's keys become
/// one.
LoadReport load_weights(Engine& engine, const std::vector<Graph::Entry>& entries, const std::string& path,
                        const LoadOptions& options = {}, const FileSystem& files = posix_files());

/// The same for all that a graph owns. Constants that are not trainable may be missing in the file.
LoadReport load_weights(Engine& engine, const Graph& graph, const std::string& path,
                        const LoadOptions& options = {}, const FileSystem& files = posix_files());

/// The graph of a file that `save_graph` wrote, with its weights; not finalized. Throws
/// `Error(Fault::input_file)` when the file holds weights alone, or anything of it is damaged. `known`: the
/// operations that it may have, the runtime's own unless told.
std::unique_ptr<Graph> load_graph(Engine& engine, const std::string& path,
                                  const FileSystem& files = posix_files(), const Registry* known = nullptr);

/// All tensors of a file of weights on the CPU, in the file's order; `part` as `open_weights` takes it.
std::vector<NamedTensor> read_tensors(Engine& engine, const std::string& path,
                                      const FileSystem& files = posix_files(), const std::string& part = "");

}  // namespace orrery
