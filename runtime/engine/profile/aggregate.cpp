#include "runtime/engine/profile/aggregate.h"

namespace orrery {

void combine(Costs& whole, const Costs& part) {
  const size_t peak = index_of(Quantity::peak_bytes);
  const double highest = std::max(whole[peak], part[peak]);
  for (size_t i = 0; i < kQuantityCount; ++i) whole[i] += part[i];
  whole[peak] = highest;
}

std::vector<BlockProfileRecord> records_of(const std::string& path, const Aggregates& aggregates) {
  std::vector<BlockProfileRecord> records;
  for (const QuantityInfo& quantity : quantities()) {
    const Aggregate& a = aggregates[index_of(quantity.quantity)];
    if (a.count == 0) continue;
    records.push_back({.path = path,
                       .quantity = quantity.quantity,
                       .count = a.count,
                       .min = a.min,
                       .max = a.max,
                       .mean = a.sum / static_cast<double>(a.count),
                       .sum = a.sum});
  }
  return records;
}

}  // namespace orrery
