#pragma once

#include <string>
#include <vector>

#include "runtime/governors/saver.h"

namespace orrery {

/// The blocks, nodes and parameters that a path may mean: the one that has exactly this path, else all whose
/// path ends with it (`conv1` for `features/conv1`). A parameter's is its key, `features.conv1.weight`, also
/// with slashes.
std::vector<Saver::Source> sources_of_path(const Graph& graph, const std::string& path);

/// The parameters and buffers that a source holds, with keys relative to the graph; none for a value
/// that is computed. REQUIRES: the source is no path.
std::vector<Graph::Entry> entries_of(const Graph& graph, const Saver::Source& source);

/// What a source is called in messages: its path, or a parameter's key or name.
std::string path_of(const Saver::Source& source);

}  // namespace orrery
