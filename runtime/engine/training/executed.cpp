#include "runtime/engine/training/executed.h"

#include <unordered_map>

namespace orrery {
namespace {

std::shared_ptr<Updater> made(Engine& engine, const Optimizer& optimizer) {
  std::vector<UpdateGroup> groups;
  size_t count = 0;
  for (const ParameterGroup& group : optimizer.groups()) {
    UpdateGroup& next = groups.emplace_back();
    next.options = group.options;
    for (const ParameterPtr& parameter : Optimizer::parameters(group)) {
      next.keys.push_back(std::to_string(count++) + "." + parameter->name);
      next.parameters.push_back(engine.tensor(parameter));
    }
  }
  return Updater::make(optimizer.kind(), std::move(groups));
}

std::vector<std::string> keys_in(const Graph& graph, const std::vector<ParameterPtr>& parameters) {
  std::unordered_map<const Parameter*, std::string> known;
  for (const Graph::Entry& entry : graph.state_of_run()) known.try_emplace(entry.parameter.get(), entry.key);
  std::vector<std::string> keys;
  for (const ParameterPtr& parameter : parameters) {
    const auto key = known.find(parameter.get());
    keys.push_back(key == known.end() ? parameter->name : key->second);
  }
  return keys;
}

}  // namespace

std::shared_ptr<Updater> executed(Engine& engine, Optimizer& optimizer, const Graph* graph) {
  const Engine::Turn turn(engine);
  const std::vector<ParameterPtr> parameters = optimizer.parameters();
  std::vector<at::Tensor> tensors;
  for (const ParameterPtr& parameter : parameters) tensors.push_back(engine.tensor(parameter));
  auto updater = std::static_pointer_cast<Updater>(optimizer.execution());
  if (!updater || !updater->fits(tensors)) {
    const auto before = std::exchange(updater, made(engine, optimizer));
    if (before) {
      updater->set_keys(before->keys());
      updater->load_state(before->state());
    }
    optimizer.set_execution(updater);
  }
  if (graph) updater->set_keys(keys_in(*graph, parameters));
  return updater;
}

}  // namespace orrery
