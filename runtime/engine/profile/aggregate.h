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

  void add(double value) {
    ++count;
    min = std::min(min, value);
    max = std::max(max, value);
    sum += value;
  }
};

/// One number per quantity: what a node cost in one step.
using Costs = std::array<double, kQuantityCount>;
/// The same over the steps of an epoch.
using Aggregates = std::array<Aggregate, kQuantityCount>;

/// Adds one step's cost to that of others that happened in it: peaks are not summed.
void combine(Costs& whole, const Costs& part);
/// A record for each quantity that was measured.
std::vector<BlockProfileRecord> records_of(const std::string& path, const Aggregates& aggregates);

}  // namespace orrery
