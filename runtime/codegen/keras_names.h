#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// Names of Keras' layers: the keys of a model's weights with `-` for a dot, `layer1-0-conv1` for what owns
/// `layer1.0.conv1.weight`, of letters, digits and `_` otherwise. (PyTorch takes no dot in a name, nor
/// TensorFlow most other signs; the backends get them from Keras.)
class KerasNames {
 public:
  explicit KerasNames(const Graph& graph);

  /// The name of a block, or of what a node owns (the first that applies a layer), as an expression where the
  /// block `outer` has its name in the variable `name`, or in the root none.
  std::string of(const Block& block, const Block& outer) const;
  std::string of(const Node& node, const Block& outer) const;
  /// Of a layer the first node that applies it.
  const Node& owner(const Node& node) const;

  /// The keys that a name with dots does not tell, behind that name.
  const std::vector<std::pair<std::string, std::string>>& keys() const { return keys_; }

 private:
  void name_members(const Block& block, const std::string& name, const std::string& key);
  void add_keys(const Node& node, const std::string& name, const std::string& key);
  std::string expression(const Block& block, const Block& outer, const std::string& last) const;

  const Graph& graph_;
  std::map<const Layer*, const Node*> owners_;
  std::map<const Block*, std::string> of_block_;
  std::map<const Node*, std::string> of_node_;
  std::vector<std::pair<std::string, std::string>> keys_;
};

}  // namespace orrery
