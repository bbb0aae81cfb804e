#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/engine/profile/profile_clock.h"
#include "runtime/history/records.h"

namespace orrery {

/// Nanoseconds by part of a step; `step` itself stays 0.
using PartTimes = std::array<std::int64_t, 10>;
inline std::int64_t& time_of(PartTimes& times, StepPart part) { return times[static_cast<size_t>(part) - 1]; }
inline std::int64_t whole_of(const PartTimes& times) {
  std::int64_t sum = 0;
  for (const std::int64_t time : times) sum += time;
  return sum;
}

/// One piece of a step: of a part, or of a unit within it.
struct TimeSpan {
  int unit;  ///< -1: the part itself
  StepPart part;
  std::int64_t begin, duration;
  std::int64_t step = 0;  ///< of the run; told when the step is over
};

/// Whose the time is: at each instant it belongs to one part of the step, and besides to one of the units (a
/// graph's nodes, or its blocks) or to none. The clock is read once at each border, so that no time is lost
/// or counted twice.
class Timeline {
 public:
  explicit Timeline(size_t units, ProfileClock clock = {})
      : clock_(clock), since_(clock.now()), spent_(units) {}

  StepPart part() const { return part_; }
  int unit() const { return unit_; }

  /// From now on time belongs to that part; gives the one before.
  StepPart enter(StepPart part) {
    lapse();
    if (spans_) keep_part();
    return std::exchange(part_, part);
  }
  /// From now on it also belongs to that unit, in the backward pass or not; -1: to none. Gives how long it
  /// belonged to the one before.
  std::int64_t turn(int unit, bool backward) {
    const std::int64_t elapsed = lapse();
    if (unit_ >= 0) {
      spent_[static_cast<size_t>(unit_)][backward_] += elapsed;
      if (spans_) spans_->push_back({unit_, part_, since_ - elapsed, elapsed});
    }
    unit_ = unit;
    backward_ = backward;
    return elapsed;
  }
  /// The unit that goes on took so much more, while the time was nobody's: beside other units.
  void add(double seconds);
  /// Counts time that another unit had spent as this one's.
  void give(int unit, bool backward, std::int64_t nanoseconds) {
    spent_[static_cast<size_t>(unit)][backward] += nanoseconds;
  }
  /// The time since the last border was the profile's own: no unit's, and part of `other`.
  void set_aside() {
    const StepPart before = std::exchange(part_, StepPart::other);
    lapse();
    part_ = before;
  }

  /// What the unit has spent since it was taken the last time.
  std::int64_t take(int unit, bool backward) {
    return std::exchange(spent_[static_cast<size_t>(unit)][backward], 0);
  }
  void forget_units();

  /// The parts' times since the last cut, up to here.
  const PartTimes& parts_now() {
    lapse();
    return parts_;
  }
  /// A step may have ended here.
  void mark() {
    lapse();
    if (spans_) keep_part();
    marked_ = parts_;
    marked_at_ = since_;
  }
  /// It did; gives its times.
  PartTimes cut_at_mark();
  std::int64_t marked_at() const { return marked_at_; }

  /// Keeps all pieces from now on; null: no more.
  void keep(std::vector<TimeSpan>* spans);

 private:
  // Two readings of a processor's ticks can change places where they follow each other closely.
  std::int64_t lapse() {
    const std::int64_t now = std::max(clock_.now(), since_);
    const std::int64_t elapsed = now - std::exchange(since_, now);
    time_of(parts_, part_) += elapsed;
    return elapsed;
  }
  void keep_part();

  ProfileClock clock_;
  std::int64_t since_, marked_at_ = 0;
  StepPart part_ = StepPart::other;
  int unit_ = -1;
  bool backward_ = false;
  std::vector<std::array<std::int64_t, 2>> spent_;  ///< by unit, forward and backward
  PartTimes parts_{}, marked_{};
  std::vector<TimeSpan>* spans_ = nullptr;
  std::int64_t part_since_ = 0;
};

}  // namespace orrery
