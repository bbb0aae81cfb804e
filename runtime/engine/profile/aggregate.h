#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "runtime/history/records.h"

namespace orrery {

/// Count, minimum, maximum and sum of a series of numbers.
struct Aggregate {
  std::int64_t count = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  double sum = 0;

  void add(double value, std::int64_t times = 1) {
    count += times;
    min = std::min(min, value);
    max = std::max(max, value);
    sum += value * static_cast<double>(times);
  }
};

/// An aggregate of times that also tells how they are distributed, without keeping them: each is counted in
/// one of 32 equal parts of the octave that it lies in, from 2^-30 to 2^12 seconds, so that a quantile is the
/// middle of its part, at most 1/64 (1.6 %) beside the true one. Its size is fixed; nothing is allocated.
class TimeSeries {
 public:
  void add(double seconds) {
    aggregate_.add(seconds);
    ++counts_[place_of(seconds)];
  }
  const Aggregate& aggregate() const { return aggregate_; }
  /// The time that so large a share of all is not above (nearest rank), within what was seen. REQUIRES: there
  /// is one; 0 < share ≤ 1.
  double quantile(double share) const;
  void clear();

 private:
  static constexpr int kParts = 32, kOctaves = 42, kLowest = -30;
  static size_t place_of(double seconds);
  static double middle_of(size_t place);

  Aggregate aggregate_;
  std::array<std::uint32_t, kParts * kOctaves> counts_{};
};

/// One number per quantity: what a node cost in one step.
using Costs = std::array<double, kQuantityCount>;

/// What a node or a block cost in the steps of an epoch.
struct UnitProfile {
  TimeSeries forward, backward, device;
  std::array<Aggregate, kQuantityCount> others;  ///< all quantities but those

  void clear();
};

/// What one node cost in the steps of one epoch.
struct NodeProfile {
  std::string path;
  std::string operation;
  std::vector<NodeProfileRecord> quantities;  ///< `path` is the node's
};

/// Adds one step's cost to that of others that happened in it: peaks and scratch memory are not summed.
void combine(Costs& whole, const Costs& part);
/// Of a block or node. REQUIRES: there is a number.
BlockProfileRecord record_of(const std::string& path, Quantity quantity, const Aggregate& numbers);
/// A record for each quantity that was measured.
std::vector<BlockProfileRecord> records_of(const std::string& path, const UnitProfile& profile);

}  // namespace orrery
