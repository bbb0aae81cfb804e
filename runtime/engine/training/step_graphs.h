#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/device_graphs.h"
#include "runtime/engine/execution/symbols.h"

namespace orrery {

/// Whole training steps as graphs of a device: a step that was done a few times is recorded, and replayed
/// from then on. One graph for each kind of step; a last batch that is short has its own. Used by one thread,
/// within the engine's turn.
class StepGraphs {
 public:
  /// All that a recorded step holds as it was: sizes of the batch, addresses of the weights, options.
  using Key = std::vector<std::int64_t>;
  /// What recording a step gave.
  struct Recorded {
    std::vector<at::Tensor> values;  ///< where each replay puts them
    std::function<void()> beside;    ///< what the host does at each replay
  };
  /// Asks the device for a whole step on a batch that stays where it is; leaves nothing changed on the host.
  using Record = std::function<Recorded(const Batch&)>;

  /// How often a step is done by itself before it is recorded.
  static constexpr int kWarmUps = 3;
  /// The most graphs that are kept: those replayed last.
  static constexpr size_t kMostGraphs = 8;
  /// So many new kinds of steps without a single replay between them are not worth recording.
  static constexpr int kMostStrangers = 2 * static_cast<int>(kMostGraphs);

  StepGraphs(std::shared_ptr<DeviceGraphs> graphs, const at::Device& device);
  ~StepGraphs();
  StepGraphs(const StepGraphs&) = delete;
  StepGraphs& operator=(const StepGraphs&) = delete;

  /// Does the step by a graph, and gives its values until the next call; nothing where it is to be done
  /// otherwise.
  std::optional<std::vector<at::Tensor>> step(const Key& key, const Batch& batch, const Record& record);

  /// Why no step is recorded any more; empty: they are.
  const std::string& refused() const { return refused_; }
  /// How many steps were done by graphs.
  std::int64_t replayed() const { return replayed_; }

 private:
  struct Entry;
  Entry& entry_of(const Key& key);
  void refuse(std::string why);
  bool record_into(Entry& entry, const Batch& batch, const Record& record);

  std::shared_ptr<DeviceGraphs> graphs_;
  at::Device device_;
  std::vector<std::unique_ptr<Entry>> entries_;  ///< the latest used last
  int strangers_ = 0;
  std::int64_t replayed_ = 0;
  std::string refused_;
};

}  // namespace orrery
