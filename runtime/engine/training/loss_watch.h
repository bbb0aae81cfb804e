#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace orrery {

/// Notices the first step whose loss is not a finite number. On the CPU at once, before the update that
/// would spoil the weights; on a device when `check` asks, since reading each loss would stop its queue.
class LossWatch {
 public:
  /// One name per loss, for messages; at most so many steps in an epoch.
  LossWatch(std::vector<std::string> names, std::int64_t steps);

  /// `seen`: steps of the epoch that an earlier run made.
  void begin(std::int64_t epoch, std::int64_t seen = 0);
  /// Takes the losses of a step, counted from 0; again where a loop by hand computes them again. Throws
  /// `Error(Fault::diverged)`. REQUIRES: steps come in their order.
  void see(const std::vector<at::Tensor>& losses, std::int64_t step);
  /// Throws `Error(Fault::diverged)` for the first step of this epoch that diverged. Waits for the device.
  void check();

 private:
  [[noreturn]] void diverged(size_t loss, std::int64_t step, double value) const;

  std::vector<std::string> names_;
  std::int64_t steps_;
  std::int64_t epoch_ = 0;
  std::int64_t seen_ = 0;
  std::int64_t checked_ = 0;
  at::Tensor kept_;  ///< (steps, losses) float64 on the device; undefined on the CPU
};

}  // namespace orrery
