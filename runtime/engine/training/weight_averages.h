#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/training/checkpoint.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// Running averages of a graph's weights: torch.optim.swa_utils.AveragedModel with `use_buffers`, by
/// get_ema_multi_avg_fn or get_swa_multi_avg_fn. The first average is a copy; buffers of whole numbers are
/// always copies. On the weights' device. The engine and the graph outlive it.
class WeightAverages {
 public:
  /// Null when the manager has neither `ema` nor `swa`.
  static std::unique_ptr<WeightAverages> of(Engine& engine, const Graph& graph, const Manager& manager);

  /// A step of training begins. The average of what is trained from now on, and was frozen so far, is its
  /// value as it is.
  void before_step();
  /// The optimizers made an update.
  void after_update();
  /// An epoch, from 1, is over.
  void after_epoch(std::int64_t epoch);

  /// How often an average was taken.
  std::int64_t averaged() const { return averaged_; }
  /// Validation and savers shall see the averages.
  bool used() const { return used_ && averaged_ > 0; }

  /// While it lives the graph has the averages and this object the weights. With null nothing happens. What
  /// the way back needs is allocated at once: it does not fail for lack of memory.
  class [[nodiscard]] InUse {
   public:
    explicit InUse(WeightAverages* averages);
    ~InUse();
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;
    /// The graph keeps the averages.
    void keep() { averages_ = nullptr; }

   private:
    WeightAverages* averages_;
    std::vector<at::Tensor> spare_;
  };

  void save(Checkpoint& to) const;
  void load(const Checkpoint& from);

 private:
  struct Rule {
    bool exponential;
    double decay = 0;        ///< exponential
    std::int64_t every = 1;  ///< updates
    std::int64_t start = 0;  ///< the update, or the epoch, from which on it counts
  };
  WeightAverages(Engine& engine, const Graph& graph, Rule rule, bool used);
  void average();
  std::vector<at::Tensor> spare_memory() const;
  void exchange(const std::vector<at::Tensor>& spare);

  struct Average {
    std::string key;
    ParameterPtr parameter;
    at::Tensor tensor;  ///< undefined before the first, and while it was frozen from the first on
  };
  Engine& engine_;
  Rule rule_;
  bool used_;
  std::vector<Average> averages_;
  std::int64_t updates_ = 0;
  std::int64_t averaged_ = 0;
};

}  // namespace orrery
