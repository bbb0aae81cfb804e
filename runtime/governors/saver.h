#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// The options of a saver that are plain values: when, every, save_top_k, and those of an image.
const std::vector<Attribute>& saver_attributes();

/// Specification of what to write when a run ends, whenever the monitored number is among the best, or every
/// so many epochs: single parameters, those of chosen blocks or layers, or of the whole graph, as one
/// safetensors file; a single tensor also as a NumPy file or as an image (image_options.h). The path may have
/// numbers in it: `epoch={epoch}.safetensors`.
class Saver : public Governor {
 public:
  enum class When { end, best };
  /// A block, layer, value, parameter or buffer, or (before the check) a path to be looked up.
  struct Source {
    const Block* block = nullptr;
    LayerPtr layer;
    Value value;
    std::string path;
    ParameterPtr parameter;
    std::string key;  ///< of the parameter in the graph, where a path named it; empty: its first one
  };

  enum class Format { safetensors, npy, image };

  /// `options`: of saver_attributes(). `processes`: the host changes each tensor before it is written.
  Saver(std::string path, std::vector<Source> sources, Attributes options, bool processes, Origin origin);
  Saver(std::string path, std::vector<Source> sources, When when, Origin origin);

  std::string kind() const override { return "Saver"; }
  const std::string& path() const { return path_; }
  /// Empty: the whole graph.
  const std::vector<Source>& sources() const { return sources_; }
  const Attributes& options() const { return options_; }
  When when() const { return options_.text("when") == "best" ? When::best : When::end; }
  bool processes() const { return processes_; }
  /// As the path ends.
  Format format() const;

  /// What the sources name, with keys relative to the graph. REQUIRES: the graph's checks passed.
  std::vector<Graph::Entry> entries(const Graph& graph) const;

 private:
  std::string path_;
  std::vector<Source> sources_;
  Attributes options_;
  bool processes_ = false;
};

}  // namespace orrery
