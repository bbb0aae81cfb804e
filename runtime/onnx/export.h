#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/formats/onnx_model.h"
#include "runtime/graph/graph.h"

namespace orrery {

struct OnnxExportOptions {
  static constexpr std::int64_t kOldest = 13, kNewest = 22;
  std::int64_t opset = 18;  ///< the version of ONNX's operators
};

/// An initializer: rows of parameters, one behind the other.
struct OnnxWeight {
  struct Rows {
    ParameterPtr parameter;
    std::string key;                ///< under which a saved model has the parameter
    std::int64_t from = 0, to = 0;  ///< along the first dimension; both 0: all of it
  };
  std::vector<Rows> rows;
};

/// A graph as a model of ONNX. Its initializers are `Place::none`; whoever writes the model gets their
/// elements from the weights of the same names.
struct OnnxExport {
  OnnxModel model;
  std::map<std::string, OnnxWeight> weights;
};

/// What a graph computes when it is evaluated: dropout passes on, batch normalisation uses what it has kept,
/// losses and labels are left out unless they are marked as outputs. Its outputs are the graph's; of a graph
/// that marks none, what nothing else reads. Names of nodes are paths (`/layer1/0/conv1/Conv`), those of
/// initializers keys (`layer1.0.conv1.weight`), symbols of sizes become names of dimensions.
///
/// Throws `Error(Fault::usage)` for an operator set that is not written, and `Error(Fault::check)` with all
/// nodes that ONNX has no operators for, or not in that set.
OnnxExport export_onnx(const Graph& graph, const OnnxExportOptions& options = {});

}  // namespace orrery
