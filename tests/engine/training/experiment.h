#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/training/training_run.h"
#include "runtime/governors/invariants.h"
#include "runtime/governors/manager.h"
#include "runtime/graph/runtime.h"
#include "runtime/ops/operations.h"

namespace orrery::testing {

using Given = std::vector<Attributes::Entry>;

inline std::int64_t whole(std::int64_t number) { return number; }

/// A graph in the making, with its data and governors: what a script would build.
class Experiment {
 public:
  explicit Experiment(std::uint64_t seed = 1) : graph("experiment") {
    runtime.draws.seed(seed);
    manager_options = {{"history", false}, {"device", std::string("cpu")}, {"threads", whole(1)}};
  }

  /// Data in memory; `loader` has batch, shuffle and so on.
  static std::shared_ptr<DataSource> data(const at::Tensor& x, const at::Tensor& y, Given loader) {
    std::vector<Field> fields = {{"x", type_of(x), false}, {"y", type_of(y), true}};
    auto options = checked_attributes(data_source_attributes("tensors"), loader);
    return std::make_shared<DataSource>(
        data_source_of_tensors(std::move(fields), {boxed(x), boxed(y)}, std::move(options), {}));
  }

  /// Points of two classes on either side of a line, none near it.
  static std::pair<at::Tensor, at::Tensor> separable(std::int64_t samples) {
    const at::Tensor at_angle = at::arange(samples, at::kFloat).mul(2.399963f);
    const at::Tensor y = at::arange(samples, at::kLong).remainder(2);
    const at::Tensor x = at::stack({at_angle.cos(), at_angle.sin()}, 1).mul(0.5f);
    return {x + (y.to(at::kFloat) * 4 - 2).unsqueeze(1), y};
  }

  std::vector<Value> feed(std::shared_ptr<DataSource> source) {
    train = std::move(source);
    return graph.input(train->input_spec());
  }

  LayerPtr make(const std::string& operation, const Given& options, const std::string& name = {}) {
    const Descriptor& descriptor = operations().get(operation);
    LayerPtr layer = runtime.make_layer(descriptor, checked_attributes(descriptor.attributes, options), {});
    if (!name.empty()) layer->name_by_user(name);
    return layer;
  }

  Value layer(const std::string& operation, const Given& options, std::vector<Value> inputs,
              const std::string& name = {}) {
    return graph.apply(make(operation, options, name), std::move(inputs)).at(0);
  }

  Value linear(std::int64_t in, std::int64_t out, Value x, const std::string& name = {}) {
    return layer("Linear", {{"in_features", in}, {"out_features", out}}, {x}, name);
  }

  Value relu(Value x) { return layer("ReLU", {}, {x}); }
  Value cross_entropy(Value scores, Value labels) { return layer("CrossEntropyLoss", {}, {scores, labels}); }

  /// All parameters whose key begins with `prefix`, tied ones once.
  std::vector<Target> parameters(const std::string& prefix = {}) const {
    std::vector<Target> targets;
    std::set<Parameter*> seen;
    for (const Graph::Entry& entry : graph.state()) {
      const bool wanted = !entry.parameter->buffer && entry.key.starts_with(prefix);
      if (wanted && seen.insert(entry.parameter.get()).second) targets.push_back({entry.parameter, {}});
    }
    return targets;
  }

  std::shared_ptr<Optimizer> optimize(const std::string& kind, Value loss, const Given& options,
                                      const std::string& prefix = {}) {
    const OptimizerKind& described = optimizer_kind(kind);
    std::vector<ParameterGroup> given_groups = {
        {parameters(prefix), checked_attributes(described.attributes, options)}};
    optimizers.push_back(std::make_shared<Optimizer>(described, std::move(given_groups), loss, Origin{}));
    graph.attach(optimizers.back());
    graph.use({Use::Kind::loss, loss, {}});
    return optimizers.back();
  }

  void follow(const std::string& kind, const std::string& name, std::vector<Value> values,
              const Given& options = {}) {
    metrics.push_back(make_metric(metric_kind(kind), name, values, {}, options));
    for (const Value& value : values) graph.use({Use::Kind::metric, value, name});
  }

  /// Adds a schedule; `use`: when it is stepped.
  void schedule(const std::string& kind, const std::shared_ptr<Optimizer>& optimizer, const Given& options,
                const Given& use = {}) {
    const ScheduleKind& described = schedule_kind(kind);
    schedules.push_back({Schedule::make(described, {.optimizer = optimizer},
                                        checked_attributes(described.attributes, options), {}),
                         checked_attributes(schedule_use_attributes(), use)});
  }

  void set(const std::string& option, AttributeValue value) {
    std::erase_if(manager_options, [&](const auto& entry) { return entry.name == option; });
    manager_options.push_back({option, std::move(value)});
  }

  /// One of the manager's tables, such as `early_stopping`.
  void ask(const std::string& group, const Given& given) {
    const auto& all = manager_groups();
    const auto described = std::ranges::find(all, group, &ManagerGroup::name);
    invariant(described != all.end(), "a test asks for a table that the manager does not have");
    groups[group] = checked_attributes(described->attributes, given);
  }

  const Manager& manager() {
    if (!manager_) {
      manager_ = std::make_shared<Manager>(
          Manager::Parts{train, validate, optimizers, metrics, savers, schedules, frequencies},
          checked_attributes(manager_attributes(), manager_options), Origin{}, groups);
      graph.attach(manager_);
      graph.finalize(check_governors(graph));
    }
    return *manager_;
  }

  TrainingSummary run(TrainingEvents& events, std::optional<Recording> recording = {}) {
    const Manager& spec = manager();
    return TrainingRun(runtime, graph, spec, events, std::move(recording), false, *files).run();
  }
  TrainingSummary run() {
    TrainingEvents events;
    return run(events);
  }

  /// Copies of all parameters and buffers by key.
  std::map<std::string, at::Tensor> weights() {
    std::map<std::string, at::Tensor> copies;
    for (const Graph::Entry& entry : graph.state()) {
      copies[entry.key] = Engine::of(runtime).tensor(entry.parameter).detach().clone();
    }
    return copies;
  }

  Runtime runtime;
  Graph graph;
  std::shared_ptr<DataSource> train, validate;
  std::vector<std::shared_ptr<Optimizer>> optimizers;
  std::vector<Metric> metrics;
  std::vector<std::shared_ptr<Saver>> savers;
  std::vector<ScheduleUse> schedules;
  std::vector<std::int64_t> frequencies;  ///< of the optimizers; empty: none has one
  Given manager_options;
  Manager::Groups groups;
  const FileSystem* files = &posix_files();

 private:
  std::shared_ptr<Manager> manager_;
};

/// A net with a hidden layer that learns `separable`; with dropout and shuffling if asked, so that every
/// source of random numbers is in use.
struct SmallRun : Experiment {
  explicit SmallRun(std::uint64_t seed = 1, bool random = false, std::int64_t samples = 40)
      : Experiment(seed) {
    auto [x, y] = separable(samples);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}, {"shuffle", random}}));
    Value hidden = relu(linear(2, 8, fields[0], "first"));
    if (random) hidden = layer("Dropout", {{"p", 0.25}}, {hidden});
    scores = linear(8, 2, hidden, "second");
    labels = fields[1];
    loss = cross_entropy(scores, labels);
  }

  Value scores, labels, loss;
};

/// Equal up to rounding.
inline bool nearly_equal(const std::map<std::string, at::Tensor>& a,
                         const std::map<std::string, at::Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, tensor] : a) {
    if (!b.contains(key) || !at::allclose(tensor, b.at(key), 1e-5, 1e-6)) return false;
  }
  return true;
}

inline bool bit_equal(const std::map<std::string, at::Tensor>& a,
                      const std::map<std::string, at::Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, tensor] : a) {
    if (!b.contains(key) || !at::equal(tensor, b.at(key))) return false;
  }
  return true;
}

}  // namespace orrery::testing
