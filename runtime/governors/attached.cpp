#include "runtime/governors/attached.h"

#include <algorithm>

namespace orrery {
namespace {

template <class T>
void add_once(std::vector<const T*>& list, const T* governor) {
  if (governor && std::find(list.begin(), list.end(), governor) == list.end()) list.push_back(governor);
}

}  // namespace

Attached attached_to(const Graph& graph) {
  Attached attached;
  for (const auto& governor : graph.governors()) {
    add_once(attached.optimizers, dynamic_cast<const Optimizer*>(governor.get()));
    add_once(attached.savers, dynamic_cast<const Saver*>(governor.get()));
    auto manager = dynamic_cast<const Manager*>(governor.get());
    if (!manager) continue;
    add_once(attached.managers, manager);
    for (const auto& optimizer : manager->parts().optimizers)
      add_once<Optimizer>(attached.optimizers, optimizer.get());
    for (const auto& saver : manager->parts().savers) add_once<Saver>(attached.savers, saver.get());
  }
  return attached;
}

std::vector<const Optimizer*> optimizers_with_loss(const Graph& graph) {
  std::vector<const Optimizer*> optimizers;
  for (const Optimizer* optimizer : attached_to(graph).optimizers) {
    const Value loss = optimizer->loss();
    if (loss && &loss.node->graph() == &graph && !is_label(loss)) optimizers.push_back(optimizer);
  }
  return optimizers;
}

ParameterPtr leaf_of(const Target& target) {
  if (target.parameter) return target.parameter;
  return target.value ? target.value.leaf() : nullptr;
}

bool is_label(const Value& value) {
  const InputSpec* input = value.node->input_spec();
  return input && input->fields[value.output].label;
}

std::unordered_map<const Parameter*, Graph::Entry> owners_of(const Graph& graph) {
  std::unordered_map<const Parameter*, Graph::Entry> owners;
  for (Graph::Entry& entry : graph.state_of_run()) {
    const Parameter* parameter = entry.parameter.get();
    owners.emplace(parameter, std::move(entry));
  }
  return owners;
}

}  // namespace orrery
