#include "runtime/engine/thread_probe.h"

#include <algorithm>
#include <limits>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr int kCoresWithHalf = 4;
constexpr double kWorthMoreThreads = 0.97;

class ThreadTrial {
 public:
  ThreadTrial(std::span<const int> candidates, const TimedStep& step)
      : candidates_(candidates),
        step_(step),
        least_(candidates.size(), std::numeric_limits<double>::infinity()),
        // Between two numbers above one, LibTorch's threads are made anew: the first step pays for it.
        steps_a_turn_(candidates.size() > 2 ? 2 : 1) {}

  /// False: there is no time for turns.
  bool warm_up() {
    double longest = 0;
    for (size_t i = candidates_.size(); i-- > 0;) {
      if (seconds_ > kProbeSeconds / 2) return false;
      const double seconds = timed(i);
      // The very first prepares for all: it tells nothing of the others.
      if (i + 1 < candidates_.size()) longest = std::max(longest, seconds);
    }
    round_seconds_ = longest * steps_a_round();
    return has_time();
  }

  void take_turns() {
    while (has_time()) {
      const double before = seconds_;
      for (size_t i = 0; i < candidates_.size(); ++i)
        for (int n = 0; n < steps_a_turn_; ++n) least_[i] = std::min(least_[i], timed(i));
      round_seconds_ = seconds_ - before;
    }
  }

  int best() const {
    size_t best = 0;
    for (size_t i = 1; i < candidates_.size(); ++i)
      if (least_[i] < least_[best] * kWorthMoreThreads) best = i;
    return candidates_[best];
  }

 private:
  int steps_a_round() const { return static_cast<int>(candidates_.size()) * steps_a_turn_; }
  bool has_time() const {
    return steps_ + steps_a_round() <= kProbeSteps && seconds_ + round_seconds_ <= kProbeSeconds;
  }
  double timed(size_t candidate) {
    const double seconds = step_(candidates_[candidate]);
    ++steps_;
    seconds_ += seconds;
    return seconds;
  }

  std::span<const int> candidates_;
  const TimedStep& step_;
  std::vector<double> least_;
  int steps_a_turn_;
  int steps_ = 0;
  double seconds_ = 0, round_seconds_ = 0;
};

}  // namespace

std::vector<int> thread_candidates(int cores) {
  std::vector<int> candidates = {1};
  if (cores > kCoresWithHalf) candidates.push_back(cores / 2);
  if (cores > 1) candidates.push_back(cores);
  return candidates;
}

bool other_way_is_faster(const std::function<double(bool other)>& step) {
  constexpr int kPresent = 0, kOther = 1;
  const int ways[] = {kPresent, kOther};
  const TimedStep timed = [&](int way) { return step(way == kOther); };
  ThreadTrial trial(ways, timed);
  if (!trial.warm_up()) return false;
  trial.take_turns();
  return trial.best() == kOther;
}

int fastest_threads(std::span<const int> candidates, const TimedStep& step) {
  invariant(!candidates.empty(), "no number of threads is to be tried");
  if (candidates.size() == 1) return candidates.front();
  ThreadTrial trial(candidates, step);
  if (!trial.warm_up()) return candidates.back();
  trial.take_turns();
  return trial.best();
}

}  // namespace orrery
