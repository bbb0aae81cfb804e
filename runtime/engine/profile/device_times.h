#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "runtime/engine/profile/device_marks.h"

namespace orrery {

/// What units take on a device: the time between marks that are put into its queue where one unit ends and
/// another begins. They are read when the device has passed them, some steps later, so that nobody waits.
class DeviceTimes {
 public:
  using OfStep = std::map<int, double>;  ///< seconds by unit

  explicit DeviceTimes(std::unique_ptr<DeviceMarks> marks) : marks_(std::move(marks)) {}

  /// What is asked of the device from now on is that unit's; -1: nobody's.
  void turn(int unit);
  /// The step is over, and counts.
  void end_step();
  /// The step does not count.
  void forget_step();
  /// The steps that the device is done with, the oldest first; each is given once.
  std::vector<OfStep> take();

 private:
  struct Piece {
    int unit, first, last;
  };
  struct Step {
    std::vector<Piece> pieces;
    std::vector<int> marks;
  };
  OfStep read(const Step& step);

  const std::unique_ptr<DeviceMarks> marks_;
  int unit_ = -1;
  Step open_;
  std::deque<Step> waiting_;
};

}  // namespace orrery
