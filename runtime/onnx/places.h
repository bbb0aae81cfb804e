#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/formats/onnx_model.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/name_set.h"

namespace orrery {

/// Where the nodes of a file stand in the graph: names as `/layer1/layer1.0/conv1/Conv` (PyTorch's exporter)
/// or `model/conv1/Conv2D` (TensorFlow's) are paths of blocks. A block of which only one node of the file
/// would be part is no block: the node has its name.
class OnnxPlaces {
 public:
  /// REQUIRES: before any node is made. Looks at all names of a graph.
  explicit OnnxPlaces(const OnnxGraph& graph);

  /// Enters the node's block, which is made when it is the first there. REQUIRES: `leave` follows.
  void enter(Graph& graph, const OnnxNode& node);
  static void leave(Graph& graph) { graph.leave_block(); }

  /// Does the node's own name tell blocks?
  static bool tells_blocks(const OnnxNode& node);
  /// What the node is called in its block; empty where the file tells nothing but the operator.
  std::string label(const OnnxNode& node) const;
  /// The wanted name, or with a count where it is taken in the current block. The name is taken then.
  std::string free_name(Graph& graph, const std::string& wanted);

 private:
  struct Place {
    std::vector<std::string> blocks;
    std::string label;
  };
  Place place_of(const OnnxNode& node) const;
  void add_paths(const OnnxGraph& graph);
  void place_between(const OnnxGraph& graph);
  Block& block(Graph& graph, const std::vector<std::string>& path);

  std::map<std::vector<std::string>, int> inside_;  ///< how many nodes and blocks each path holds
  std::map<const OnnxNode*, std::vector<std::string>> between_;  ///< blocks of nodes whose names tell none
  std::map<std::string, Block*> blocks_;
  std::map<const Block*, NameSet> names_;
};

/// A text that may be a node's name: `/` becomes `_`, blanks and control characters go, empty where nothing
/// is left.
std::string onnx_word(const std::string& text);

}  // namespace orrery
