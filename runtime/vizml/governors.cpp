#include "runtime/vizml/governors.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/governors/manager.h"
#include "runtime/vizml/catalogue.h"

namespace orrery {
namespace {

class GovernorReader {
 public:
  GovernorReader(const Graph& graph, std::vector<std::string>& faults) : graph_(graph), faults_(faults) {}

  void take(const Manager& manager) {
    run.manager = Attributes(vizml_kind("monitor", "MonitorFinal")->options);
    run.manager->set("epochs", manager.options().integer("epochs"));
    const std::string& device = manager.options().text("device");
    run.manager->set("device_name", device == "auto" ? "cpu" : device);
    for (const auto& optimizer : manager.parts().optimizers) take(*optimizer);
    for (const auto& saver : manager.parts().savers) take(*saver);
    if (!manager.parts().schedules.empty())
      faults_.emplace_back("Manager: VizML's optimizers have no schedules");
  }

  VizmlRun run;

 private:
  void take(const Optimizer& optimizer) {
    const VizmlKind* kind = vizml_kind("optimizer", optimizer.kind());
    if (!kind || optimizer.groups().size() != 1 || !optimizer.loss()) {
      faults_.push_back(optimizer.kind() +
                        ": VizML's optimizers are SGD and LBFGS, with a loss and one group of options");
      return;
    }
    VizmlRun::Update update{.name = optimizer.kind(), .kind = kind->node, .loss = optimizer.loss()};
    update.options = optimizer.groups()[0].options;
    add_targets(targets_of(optimizer), update);
    run.updates.push_back(std::move(update));
  }

  std::vector<ParameterPtr> targets_of(const Optimizer& optimizer) {
    std::vector<ParameterPtr> targets;
    for (const Target& target : optimizer.groups()[0].targets) {
      const ParameterPtr tensor = target.parameter ? target.parameter : target.value.leaf();
      if (tensor)
        targets.push_back(tensor);
      else
        faults_.push_back(fmt::format("{}: cannot update {}, which is no leaf", optimizer.kind(),
                                      target.value.node->path()));
    }
    return targets;
  }

  void add_targets(const std::vector<ParameterPtr>& targets, VizmlRun::Update& update) {
    const auto updated = [&](const ParameterPtr& parameter) {
      return std::ranges::find(targets, parameter) != targets.end();
    };
    for (const LayerPtr& layer : graph_.layers()) {
      std::vector<ParameterPtr> own = layer->parameters();
      std::erase_if(own, [](const ParameterPtr& parameter) { return parameter->buffer; });
      const auto count = std::ranges::count_if(own, updated);
      if (count == 0) continue;
      if (count < std::ssize(own))
        faults_.push_back(
            fmt::format("{}: VizML's optimizers update whole layers, and {} of {} tensors of {} are",
                        update.name, count, own.size(), layer->name()));
      update.layers.push_back(layer);
    }
    for (const auto& node : graph_.nodes())
      for (int i = 0; i < static_cast<int>(node->outputs().size()); ++i)
        if (const ParameterPtr& leaf = Value{node.get(), i}.leaf(); leaf && updated(leaf))
          update.leaves.push_back({node.get(), i});
  }

  void take(const Saver& saver) {
    if (saver.values().size() == 1 && !saver.processes())
      run.saved.push_back({saver.path(), saver.path(), saver.values()[0].value});
    else if (saver.writes_graph())
      run.manager->set("model_save_path", saver.path());
    else
      faults_.push_back(
          fmt::format("Saver {}: VizML's savers write the model, or one value as it is", saver.path()));
  }

  const Graph& graph_;
  std::vector<std::string>& faults_;
};

}  // namespace

VizmlRun run_of_governors(const Graph& graph, std::vector<std::string>& faults) {
  GovernorReader reader(graph, faults);
  for (const auto& governor : graph.governors())
    if (const auto* manager = dynamic_cast<const Manager*>(governor.get())) reader.take(*manager);
  return std::move(reader.run);
}

}  // namespace orrery
