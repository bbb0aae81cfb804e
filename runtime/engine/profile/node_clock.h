#pragma once

#include <cstdint>
#include <vector>

#include "runtime/engine/profile/timeline.h"

namespace orrery {

/// Takes the time of nodes where nothing else is wanted of them: it is told which one begins, and that one
/// has the time until it is told again. Used by one thread.
class NodeClock {
 public:
  /// `units`: of the timeline, by the node's id. Both outlive it.
  NodeClock(Timeline& times, const std::vector<int>& units) : times_(times), units_(units.data()) {}

  void begin_forward(int node) {
    ++calls_;
    turn(node, false);
  }
  void begin_backward(int node) { turn(node, true); }

  /// How many nodes began in a forward pass since it was asked the last time.
  std::int64_t take_calls() { return std::exchange(calls_, 0); }
  /// From now on those units count.
  void use(const std::vector<int>& units) { units_ = units.data(); }

 private:
  void turn(int node, bool backward) {
    const int unit = units_[node];
    if (unit != times_.unit()) times_.turn(unit, backward);
  }

  Timeline& times_;
  const int* units_;
  std::int64_t calls_ = 0;
};

}  // namespace orrery
