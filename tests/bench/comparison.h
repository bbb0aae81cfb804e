#pragma once

#include <string>
#include <vector>

#include "tests/bench/peers.h"
#include "tests/bench/report.h"

namespace orrery::bench {

/// Samples of one runner, all with the number of threads that was the better one for it.
struct Runs {
  int threads = 0;
  Times times = {};
  double peak_bytes = 0;  ///< the largest
};

/// A workload in Orrery against one peer, or in words a failure or why it was skipped.
struct Comparison {
  std::string workload, what, peer;
  Unit unit;
  std::optional<double> at_least;
  Runs own = {}, theirs = {};
  std::string failure = {};
  std::string skipped = {};

  /// How many times as long the peer takes. REQUIRES: it was measured.
  double ratio() const;
  double ratio_of_minima() const;
  /// False for one that is below its bound or could not be measured.
  bool met() const;
};

/// Measures a workload, in processes of their own: first whether the losses of the first steps are equal (all
/// in double precision within 1e-9, the first two as they are timed within 1e-3; where there are none in
/// double precision, all as they are timed), else it is other work and a failure; then each runner with each
/// number of threads, to take its better one; then all runners in turn, `repetitions` times.
std::vector<Comparison> compare(const Workload& workload, int repetitions);

/// The line above those of comparisons, and theirs.
std::string peer_header();
std::string line_of(const Comparison& comparison);

/// `{"format":"orrery.peers", "version":1, "orrery":…, "torch":…, "processor":…, "processors":…, "load":…,
/// "comparisons":[{"workload", "what", "peer", "unit", "at_least", "met", "ratio", "ratio_of_minima",
/// "repetitions", "orrery":{"threads", "minimum", "median", "peak_mib"}, "theirs":{…}}, …],
/// "figures":[…]}`, the latter as report.h has them.
std::string json_of(const std::vector<Comparison>& comparisons, const std::vector<Result>& figures,
                    const std::string& torch, double load);

}  // namespace orrery::bench
