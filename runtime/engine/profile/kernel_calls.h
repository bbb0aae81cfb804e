#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/engine/profile/aggregate.h"
#include "runtime/engine/profile/timeline.h"

namespace orrery {

/// Listens to what LibTorch calls on this thread, and keeps how long each call took under the unit whose time
/// it was, without the calls that it made itself. What is none of LibTorch's calls (the project's own
/// kernels, and what the executor does around them) goes under `kOwn`, so that the calls of a unit add up to
/// its time. On a device, calls are over when the work is queued there. While another lives that was made
/// later on the thread, only that one listens. Ends on its thread.
class KernelCalls {
 public:
  static constexpr const char* kOwn = "orrery";

  /// The timeline outlives it.
  KernelCalls(const Timeline& times, ProfileClock clock);
  /// Listens no more.
  ~KernelCalls();
  KernelCalls(const KernelCalls&) = delete;
  KernelCalls& operator=(const KernelCalls&) = delete;

  /// From now on calls belong to that unit, -1: to none. `elapsed`: since the last time.
  void turn(int unit, std::int64_t elapsed);

  struct Row {
    int unit;
    StepPart part;
    std::string name;
    Aggregate seconds;
  };
  /// What was called since the last time.
  std::vector<Row> take();
  void begin_call(const char* name);
  void end_call();

 private:
  struct Call {
    std::string name;
    StepPart part;
    std::int64_t begin;
    std::int64_t inside;  ///< in the calls that it made
  };

  const Timeline& times_;
  ProfileClock clock_;
  int unit_ = -1;
  std::int64_t called_ = 0;  ///< in outermost calls since the last turn
  std::vector<Call> open_;
  std::map<std::tuple<int, StepPart, std::string>, Aggregate> rows_;
};

}  // namespace orrery
