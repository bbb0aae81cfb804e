#include "runtime/engine/training/followed.h"

#include <algorithm>

#include <c10/core/GradMode.h>
#include <fmt/format.h>

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
    const std::string& name = loss.node->name();
    targets.followed.push_back({free_name(targets, name), valueless_metric("mean", name), {place}});
  }
  if (targets.followed.size() != 1) return;
  RunTargets::Followed& only = targets.followed.front();
  only.name = "loss";
  only.metric = valueless_metric("mean", "loss");
}

void add_metrics(RunTargets& targets, const Manager& manager) {
  for (const Metric& metric : manager.parts().metrics) {
    RunTargets::Followed followed{free_name(targets, metric.name), metric, {}};
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

std::string key_of(const RunTargets::Followed& followed) { return "epoch." + followed.name; }

// Of what a state is: `f1_score average="macro" top_k=1`.
std::string signature(const Metric& metric) {
  std::string text = metric.kind->name;
  for (const auto& option : metric.options.entries())
    text += fmt::format(" {}={}", option.name, str(option.value));
  return fmt::format("{} {} {}", text, metric.classes, metric.binary ? "binary" : "");
}

}  // namespace

std::vector<std::string> RunTargets::number_names() const {
  std::vector<std::string> names;
  for (const Followed& one : followed)
    for (std::string& name : one.metric.number_names(one.name)) names.push_back(std::move(name));
  return names;
}

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
  for (const auto& one : followed) rows_.push_back({one, metric_state(one.metric)});
}

void EpochNumbers::add(const std::vector<at::Tensor>& values, std::int64_t samples) {
  const c10::NoGradGuard no_grad;
  for (Row& row : rows_) {
    std::vector<at::Tensor> own;
    for (const int place : row.followed.places) own.push_back(values[static_cast<size_t>(place)].detach());
    row.state->add(own, samples);
  }
}

std::vector<NamedNumber> EpochNumbers::numbers(bool at_end) const {
  std::vector<NamedNumber> numbers;
  for (const Row& row : rows_) {
    const Metric& metric = row.followed.metric;
    if (metric.kind->at_end && !at_end) continue;
    const std::vector<std::string> names = metric.number_names(row.followed.name);
    const std::vector<double> values = row.state->numbers();
    invariant(names.size() == values.size(), "a metric gives other numbers than it names");
    for (size_t i = 0; i < names.size(); ++i) numbers.push_back({names[i], values[i]});
  }
  return numbers;
}

std::vector<NamedNumber> EpochNumbers::values() const { return numbers(true); }

std::vector<NamedNumber> EpochNumbers::values_so_far() const { return numbers(false); }

void EpochNumbers::save(Checkpoint& to) const {
  for (const Row& row : rows_) {
    const std::string key = key_of(row.followed);
    to.texts[key + ".is"] = signature(row.followed.metric);
    row.state->save(key, to);
  }
}

// A metric that was not followed when the run stopped, or with other options, begins with what is left of the
// epoch.
void EpochNumbers::load(const Checkpoint& from) {
  for (Row& row : rows_) {
    const std::string key = key_of(row.followed);
    const auto was = from.texts.find(key + ".is");
    if (was != from.texts.end() && was->second == signature(row.followed.metric)) row.state->load(key, from);
  }
}

void EpochNumbers::reset() {
  for (Row& row : rows_) row.state->reset();
}

}  // namespace orrery
