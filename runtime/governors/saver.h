#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// The options of a saver that are plain values: when, every, save_top_k, and those of an image.
const std::vector<Attribute>& saver_attributes();

/// A value of a graph, and what it is called where it is asked for.
struct NamedValue {
  std::string name;
  Value value;
};

/// Specification of what to write when a run ends, whenever the monitored number is among the best, or every
/// so many epochs: single parameters, those of chosen blocks or layers, or of the whole graph, as one
/// safetensors file; or what the graph computes for the batch that the run worked on last. A single tensor
/// also as a NumPy file or as an image (image_options.h). The path may have numbers in it:
/// `epoch={epoch}.safetensors`.
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
  /// `values`: computed ones, each under its own name; with them there are no sources.
  Saver(std::string path, std::vector<Source> sources, Attributes options, bool processes, Origin origin,
        std::vector<NamedValue> values = {});
  Saver(std::string path, std::vector<Source> sources, When when, Origin origin);

  std::string kind() const override { return "Saver"; }
  const std::string& path() const { return path_; }
  /// Empty, as `values` are: the whole graph.
  const std::vector<Source>& sources() const { return sources_; }
  const std::vector<NamedValue>& values() const { return values_; }
  bool writes_graph() const { return sources_.empty() && values_.empty(); }
  const Attributes& options() const { return options_; }
  When when() const { return options_.text("when") == "best" ? When::best : When::end; }
  bool processes() const { return processes_; }
  /// As the path ends.
  Format format() const;

  /// What the sources name, with keys relative to the graph. REQUIRES: the graph's checks passed, no values.
  std::vector<Graph::Entry> entries(const Graph& graph) const;

 private:
  void check_whole_graph() const;
  void check_values() const;

  std::string path_;
  std::vector<Source> sources_;
  std::vector<NamedValue> values_;
  Attributes options_;
  bool processes_ = false;
};

}  // namespace orrery
