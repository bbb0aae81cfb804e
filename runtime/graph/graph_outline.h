#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace orrery {

/// What a graph's canonical JSON (`to_json`) tells of it, as texts: enough to compare two graphs that were
/// kept, without the operations that they are made of. Value type.
struct GraphOutline {
  /// An output of a node; of none where an optional port has no link.
  struct Link {
    int node = -1;
    int output = 0;
    bool operator==(const Link&) const = default;
  };
  struct Block {
    std::string path;
    int parent = -1;      ///< smaller than the own index; -1 for the root, which is block 0
    bool listed = false;  ///< among the graph's blocks, rather than only named by a node
  };
  struct Node {
    std::string path, name;
    std::string operation;
    int block = 0;
    std::vector<Link> inputs;
    std::map<std::string, std::string> properties;  ///< options, shapes, dtypes and the like
  };
  struct Output {
    std::string name;
    Link value;
  };
  std::vector<Block> blocks;
  std::vector<Node> nodes;
  std::vector<Output> outputs;
};

/// A text that is no graph has the root alone.
GraphOutline outline_of(std::string_view json);

/// `conv1`, `lstm:1`, or `none`.
std::string str(const GraphOutline& outline, const GraphOutline::Link& link);

}  // namespace orrery
