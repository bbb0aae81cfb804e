#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// Specification of what to write when a run ends, or whenever a validation metric improves: the
/// parameters of chosen blocks or layers, or of the whole graph, as one safetensors file.
class Saver : public Governor {
 public:
  enum class When { end, best };
  /// A block, layer, parameter or value, or (before the check) a path to be looked up.
  struct Source {
    const Block* block = nullptr;
    LayerPtr layer;
    Value value;
    std::string path;
  };

  Saver(std::string path, std::vector<Source> sources, When when, Origin origin);

  std::string kind() const override { return "Saver"; }
  const std::string& path() const { return path_; }
  /// Empty: the whole graph.
  const std::vector<Source>& sources() const { return sources_; }
  When when() const { return when_; }

  /// What the sources name, with keys relative to the graph. REQUIRES: the graph's checks passed.
  std::vector<Graph::Entry> entries(const Graph& graph) const;

 private:
  std::string path_;
  std::vector<Source> sources_;
  When when_;
};

}  // namespace orrery
