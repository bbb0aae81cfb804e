#pragma once

#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/graph/node.h"

namespace orrery {

/// Pass: the states that some targets depend on, those included that only the next values of such states
/// read; in the order of construction.
std::vector<const Node*> find_states(const std::vector<Value>& targets);

/// What the states of a graph hold between two steps of one pass over the data. Used by one thread.
class CarriedTensors {
 public:
  /// What the state holds now; undefined before its first step, when it has its first value.
  at::Tensor find(const Node& state) const;
  /// The state's value after a step; kept as a copy without its gradient.
  void keep(const Node& state, const at::Tensor& next);
  /// A pass over the data begins: states that are reset with each pass get their first values.
  void begin_pass();
  /// All states get their first values.
  void reset() { tensors_.clear(); }

 private:
  std::unordered_map<const Node*, at::Tensor> tensors_;
};

}  // namespace orrery
