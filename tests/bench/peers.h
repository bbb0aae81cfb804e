#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/figure.h"

namespace orrery::bench {

/// What one process says of its work.
struct Sample {
  double seconds = 0;     ///< of a step, an epoch, or whatever the workload is
  double peak_bytes = 0;  ///< the most memory that the process has had; 0: not told
};

/// Of the first steps, the same for all runners of a workload.
struct Losses {
  std::vector<double> timed;  ///< in the precision that is timed
  std::vector<double> wide;   ///< in double precision; empty: not told
};

/// One way to do a workload: Orrery's, or a peer's. What cannot run here throws Skipped.
struct Runner {
  std::string name;  ///< `eager`
  std::function<Sample(int threads)> measure;
  std::function<Losses()> losses = {};  ///< none: there is nothing to compare
  /// How many times faster than this one Orrery shall be; none: for information.
  std::optional<double> at_least = {};
};

/// The same work in Orrery and in what it is compared with.
struct Workload {
  std::string name;
  std::string what;  ///< a line for people
  Unit unit;         ///< of the times
  Runner own;
  std::vector<Runner> peers;
  std::vector<int> threads = {1, 2};  ///< the numbers that are tried; the better counts
};

/// What changes the workloads.
struct PeerOptions {
  std::string engine;    ///< the manager's option; empty: not given
  bool compile = false;  ///< torch.compile, too
};

/// All of them, with the figures that were promised.
std::vector<Workload> all_workloads(const PeerOptions& options);

}  // namespace orrery::bench
