#include "runtime/engine/training/followed.h"

#include <algorithm>

namespace orrery {
namespace {

int place_of(RunTargets& targets, const Value& value) {
  const auto found = std::find(targets.values.begin(), targets.values.end(), value);
  if (found == targets.values.end()) targets.values.push_back(value);
  return static_cast<int>(std::find(targets.values.begin(), targets.values.end(), value) -
                          targets.values.begin());
}

std::string free_name(const RunTargets& targets, const std::string& wanted) {
  const auto taken = [&](const std::string& name) {
    return std::any_of(targets.followed.begin(), targets.followed.end(),
                       [&](const auto& followed) { return followed.name == name; });
  };
  std::string name = wanted;
  for (int count = 2; taken(name); ++count) name = wanted + "_" + std::to_string(count);
  return name;
}

// The only one is called `loss`; of several each is called as its node.
void add_losses(RunTargets& targets, const Manager& manager) {
  for (const auto& optimizer : manager.parts().optimizers) {
    const Value loss = optimizer->loss();
    targets.losses.push_back(loss ? place_of(targets, loss) : -1);
    if (!loss) continue;
    const int place = targets.losses.back();
    const bool known = std::any_of(targets.followed.begin(), targets.followed.end(),
                                   [&](const auto& followed) { return followed.places.front() == place; });
    if (known) continue;
    targets.followed.push_back({free_name(targets, loss.node->name()), Metric::Kind::mean, {place}});
  }
  if (targets.followed.size() == 1) targets.followed.front().name = "loss";
}

void add_metrics(RunTargets& targets, const Manager& manager) {
  for (const Metric& metric : manager.parts().metrics) {
    RunTargets::Followed followed{free_name(targets, metric.name), metric.kind, {}};
    for (const Value& value : metric.values) followed.places.push_back(place_of(targets, value));
    targets.followed.push_back(std::move(followed));
  }
}

void name_value(RunTargets& targets, const std::string& name, int place) {
  const bool taken = std::any_of(targets.named.begin(), targets.named.end(),
                                 [&](const auto& named) { return named.name == name; });
  if (!taken) targets.named.push_back({name, place});
}

void add_outputs(RunTargets& targets, const Graph& graph) {
  for (const Use& use : graph.uses()) {
    if (use.kind != Use::Kind::output) continue;
    name_value(targets, use.name.empty() ? use.value.node->name() : use.name, place_of(targets, use.value));
  }
}

}  // namespace

RunTargets run_targets(const Graph& graph, const Manager& manager, bool with_outputs) {
  RunTargets targets;
  add_losses(targets, manager);
  targets.loss_count = targets.followed.size();
  add_metrics(targets, manager);
  for (const auto& followed : targets.followed) {
    if (followed.places.size() == 1) name_value(targets, followed.name, followed.places.front());
  }
  if (with_outputs) add_outputs(targets, graph);
  for (size_t i = 0; i < targets.values.size(); ++i) {
    name_value(targets, targets.values[i].node->name(), static_cast<int>(i));
  }
  return targets;
}

EpochNumbers::EpochNumbers(const std::vector<RunTargets::Followed>& followed) {
  for (const auto& one : followed) rows_.push_back({one, MetricSum(one.kind)});
}

void EpochNumbers::add(const std::vector<at::Tensor>& values, std::int64_t samples) {
  for (Row& row : rows_) {
    std::vector<at::Tensor> own;
    for (const int place : row.followed.places) own.push_back(values[static_cast<size_t>(place)].detach());
    row.sum.add(own, samples);
  }
}

std::vector<NamedNumber> EpochNumbers::values() const {
  std::vector<NamedNumber> numbers;
  for (const Row& row : rows_) numbers.push_back({row.followed.name, row.sum.value()});
  return numbers;
}

void EpochNumbers::save(Checkpoint& to) const {
  for (const Row& row : rows_) row.sum.save("epoch." + row.followed.name, to);
}

// A metric that was not followed when the run stopped begins with what is left of the epoch.
void EpochNumbers::load(const Checkpoint& from) {
  for (Row& row : rows_) {
    const std::string name = "epoch." + row.followed.name;
    if (from.numbers.contains(name + ".sum")) row.sum.load(name, from);
  }
}

void EpochNumbers::reset() {
  for (Row& row : rows_) row.sum.reset();
}

}  // namespace orrery
