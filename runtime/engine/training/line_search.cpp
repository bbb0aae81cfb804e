#include "runtime/engine/training/line_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace orrery {
namespace {

constexpr double kDecrease = 1e-4;
constexpr double kCurvature = 0.9;

struct Bounds {
  double low;
  double high;
};

// The minimum of the cubic through losses and slopes of two points, within bounds.
double cubic_minimum(const Trial& a, const Trial& b, Bounds bounds) {
  const Trial &left = a.length <= b.length ? a : b, &right = a.length <= b.length ? b : a;
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (bounds.low + bounds.high) / 2;
  const double d2 = std::sqrt(square);
  const double place = right.length - (right.length - left.length) *
                                          ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return std::min(std::max(place, bounds.low), bounds.high);
}

/// The search while it goes on.
struct Search {
  const std::function<Trial(double)>& probe;
  const Trial& start;
  std::int64_t most;
  std::int64_t& probes;

  Trial at(double length) {
    ++probes;
    return probe(length);
  }
  bool spent() const { return probes > most; }
  bool too_high(const Trial& trial) const {
    return trial.loss > start.loss + kDecrease * trial.length * start.slope;
  }
  bool flat(const Trial& trial) const { return std::abs(trial.slope) <= -kCurvature * start.slope; }
};

struct Bracket {
  Trial ends[2];
  bool done = false;  ///< the lower end fulfils the conditions

  Trial& low() { return ends[rising() ? 0 : 1]; }
  Trial& high() { return ends[rising() ? 1 : 0]; }
  bool rising() const { return ends[0].loss <= ends[1].loss; }
};

// Steps on until a minimum must lie between the last two points.
Bracket bracketed(Search& search, double first) {
  Trial before = search.start, now = search.at(first);
  for (std::int64_t step = 0; !search.spent(); ++step) {
    if (search.too_high(now) || (step > 1 && now.loss >= before.loss)) return {{before, now}};
    if (search.flat(now)) return {{now, now}, true};
    if (now.slope >= 0) return {{before, now}};
    const Bounds bounds{now.length + 0.01 * (now.length - before.length), now.length * 10};
    const double next = cubic_minimum(before, now, bounds);
    before = std::exchange(now, search.at(next));
  }
  return {{search.start, now}};
}

// A length within the bracket; `stuck` remembers that the last one was near an end, where progress is slow.
double divided(const Bracket& bracket, bool& stuck) {
  const auto [low, high] = std::minmax(bracket.ends[0].length, bracket.ends[1].length);
  const double length = cubic_minimum(bracket.ends[0], bracket.ends[1], {low, high});
  const double margin = 0.1 * (high - low);
  const bool near = std::min(high - length, length - low) < margin;
  const bool moved = near && (stuck || length >= high || length <= low);
  stuck = near && !moved;
  if (!moved) return length;
  return std::abs(length - high) < std::abs(length - low) ? high - margin : low + margin;
}

void narrow(const Search& search, Bracket& bracket, const Trial& trial) {
  Trial &low = bracket.low(), &high = bracket.high();
  if (search.too_high(trial) || trial.loss >= low.loss) {
    high = trial;
    return;
  }
  bracket.done = search.flat(trial);
  if (!bracket.done && trial.slope * (high.length - low.length) >= 0) high = low;
  low = trial;
}

}  // namespace

Trial strong_wolfe(const std::function<Trial(double)>& probe, const Trial& start, double first,
                   double narrowest, std::int64_t most, std::int64_t& probes) {
  probes = 0;
  Search search{probe, start, most, probes};
  Bracket bracket = bracketed(search, first);
  bool stuck = false;
  while (!bracket.done && !search.spent() &&
         std::abs(bracket.ends[1].length - bracket.ends[0].length) >= narrowest) {
    const double length = divided(bracket, stuck);
    narrow(search, bracket, search.at(length));
  }
  return bracket.low();
}

}  // namespace orrery
