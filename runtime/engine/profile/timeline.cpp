#include "runtime/engine/profile/timeline.h"

namespace orrery {

void Timeline::add(double seconds) {
  if (unit_ < 0) return;
  const auto elapsed = static_cast<std::int64_t>(seconds * 1e9);
  spent_[static_cast<size_t>(unit_)][backward_] += elapsed;
  if (spans_) spans_->push_back({unit_, part_, since_ - elapsed, elapsed});
}

void Timeline::forget_units() {
  for (auto& spent : spent_) spent = {};
  unit_ = -1;
}

PartTimes Timeline::cut_at_mark() {
  const PartTimes step = marked_;
  for (size_t i = 0; i < parts_.size(); ++i) parts_[i] -= step[i];
  marked_ = {};
  return step;
}

void Timeline::keep(std::vector<TimeSpan>* spans) {
  if (spans == spans_) return;
  lapse();
  if (spans_) keep_part();
  spans_ = spans;
  part_since_ = since_;
}

void Timeline::keep_part() {
  if (since_ > part_since_) spans_->push_back({-1, part_, part_since_, since_ - part_since_});
  part_since_ = since_;
}

}  // namespace orrery
