#include "runtime/engine/execution/states.h"

#include <ATen/ATen.h>

#include "runtime/core/error.h"
#include "runtime/engine/execution/order.h"

namespace orrery {

std::vector<const Node*> find_states(const std::vector<Value>& targets) {
  std::vector<Value> wanted = targets;
  for (;;) {
    std::vector<const Node*> states;
    for (const Node* node : order_nodes(wanted))
      if (node->state()) states.push_back(node);
    if (wanted.size() == targets.size() + states.size()) return states;
    wanted = targets;
    for (const Node* state : states) {
      invariant(static_cast<bool>(state->state()->next), "a state that nothing carries on");
      wanted.push_back(state->state()->next);
    }
  }
}

at::Tensor CarriedTensors::find(const Node& state) const {
  const auto found = tensors_.find(&state);
  return found == tensors_.end() ? at::Tensor() : found->second;
}

// A copy: the value may be part of the batch, of a parameter that is about to be updated, or of something
// large.
void CarriedTensors::keep(const Node& state, const at::Tensor& next) {
  tensors_[&state] = next.detach().clone();
}

void CarriedTensors::begin_pass() {
  std::erase_if(tensors_,
                [](const auto& entry) { return entry.first->state()->reset == StateSpec::Reset::pass; });
}

}  // namespace orrery
