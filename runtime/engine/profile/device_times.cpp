#include "runtime/engine/profile/device_times.h"

#include <utility>

namespace orrery {

void DeviceTimes::turn(int unit) {
  if (unit == unit_) return;
  const int last = std::exchange(unit_, unit);
  const int mark = marks_->put();
  if (last >= 0) open_.pieces.push_back({last, open_.marks.back(), mark});
  open_.marks.push_back(mark);
}

void DeviceTimes::end_step() {
  turn(-1);
  if (!open_.marks.empty()) waiting_.push_back(std::exchange(open_, {}));
}

// Nobody will ask for its marks: whether the device has passed them does not matter.
void DeviceTimes::forget_step() {
  for (const int mark : open_.marks) marks_->give_back(mark);
  open_ = {};
  unit_ = -1;
}

// What lies between two nodes of a pass is the first one's, as on the clock.
DeviceTimes::OfStep DeviceTimes::read(const Step& step) {
  OfStep seconds;
  for (const Piece& piece : step.pieces)
    seconds[piece.unit] += marks_->seconds_between(piece.first, piece.last);
  for (const int mark : step.marks) marks_->give_back(mark);
  return seconds;
}

// A queue is passed in its order.
std::vector<DeviceTimes::OfStep> DeviceTimes::take() {
  std::vector<OfStep> steps;
  while (!waiting_.empty() && marks_->passed(waiting_.front().marks.back())) {
    steps.push_back(read(waiting_.front()));
    waiting_.pop_front();
  }
  return steps;
}

}  // namespace orrery
