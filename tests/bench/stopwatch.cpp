#include "tests/bench/stopwatch.h"

#include <chrono>

namespace orrery::bench {

double seconds_of(const Action& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Times timed(int repetitions, const Action& action, int parts) {
  Times times;
  action();
  for (int i = 0; i < repetitions; ++i) times.seconds.push_back(seconds_of(action) / parts);
  return times;
}

Measured interleaved(int rounds, const Action& action, const Action& against, int parts) {
  Times times, others;
  action();
  against();
  for (int i = 0; i < rounds; ++i) {
    if (i % 2 == 1) others.seconds.push_back(seconds_of(against) / parts);
    times.seconds.push_back(seconds_of(action) / parts);
    if (i % 2 == 0) others.seconds.push_back(seconds_of(against) / parts);
  }
  return {times, others};
}

}  // namespace orrery::bench
