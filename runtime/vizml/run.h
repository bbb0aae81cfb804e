#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// What VizML's JSON says beside the relational graph: where its tensors begin, what is updated, saved and
/// how long. Linked to the graph that was read from it; a manager is made of it, and it is written again.
class VizmlRun : public Governor {
 public:
  VizmlRun() : Governor(Origin{}) {}
  std::string kind() const override { return "VizML"; }

  /// What gives a constant, or a field of the input, its values.
  struct Tensor {
    std::string kind;    ///< `ImageTensor`, `MNIST`, …; `Normalize` for one whose values are numbers
    Attributes options;  ///< of the node; a path begins at the folder of the graph's file
    Value value;
    std::vector<double> numbers = {};
  };
  struct Update {
    std::string name;  ///< `optimizer_SGD_0`
    std::string kind;  ///< `SGD`
    Attributes options;
    std::vector<Value> leaves;
    std::vector<LayerPtr> layers;
    Value loss;
  };
  struct Saved {
    std::string name;  ///< `monitor_MonitorSaver_0`
    std::string path;
    Value value;
  };

  std::vector<Tensor> tensors;  ///< that of the input first
  std::vector<Update> updates;
  std::vector<Saved> saved;
  std::optional<Attributes> manager;         ///< of MonitorFinal
  std::map<std::string, LayerPtr> imported;  ///< by `import_layer`
};

/// What a graph that was read from VizML's JSON says beside itself; null for others.
const VizmlRun* vizml_run(const Graph& graph);

}  // namespace orrery
