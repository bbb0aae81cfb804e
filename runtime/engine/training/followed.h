#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/training/metric_sum.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// What a run computes from each batch: the losses of its optimizers and the values of its metrics, each
/// once. Places are positions in `values`.
struct RunTargets {
  std::vector<Value> values;
  /// The loss of each optimizer, -1 for one that is stepped by hand.
  std::vector<int> losses;

  /// A number that is reported each epoch.
  struct Followed {
    std::string name;
    Metric metric;
    std::vector<int> places;
  };
  /// Losses first; `loss`, or the names of their nodes when there are several.
  std::vector<Followed> followed;
  size_t loss_count = 0;  ///< how many of `followed` are losses
  /// What a loop by hand may ask for: each loss and metric under its name, every value under its node's,
  /// the graph's outputs under theirs.
  struct Named {
    std::string name;
    int place;
  };
  std::vector<Named> named;

  /// The names of all numbers that are followed, in their order: a metric may give several.
  std::vector<std::string> number_names() const;
};

/// REQUIRES: the governors' checks passed. `with_outputs`: also the values that the graph marks as outputs.
RunTargets run_targets(const Graph& graph, const Manager& manager, bool with_outputs);

/// The followed numbers of one epoch, in training or in validation.
class EpochNumbers {
 public:
  explicit EpochNumbers(const std::vector<RunTargets::Followed>& followed);

  /// Adds a batch of so many samples, given all values of the run's targets.
  void add(const std::vector<at::Tensor>& values, std::int64_t samples);
  /// All numbers, in the order of `RunTargets::number_names`. Waits for the device.
  std::vector<NamedNumber> values() const;
  /// Those that are told while an epoch goes on. Waits for the device.
  std::vector<NamedNumber> values_so_far() const;
  void reset();

  void save(Checkpoint& to) const;
  void load(const Checkpoint& from);

 private:
  struct Row {
    RunTargets::Followed followed;
    std::shared_ptr<MetricState> state;
  };
  std::vector<NamedNumber> numbers(bool at_end) const;

  std::vector<Row> rows_;
};

}  // namespace orrery
