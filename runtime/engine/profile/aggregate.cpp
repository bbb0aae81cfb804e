#include "runtime/engine/profile/aggregate.h"

#include <bit>
#include <cmath>

namespace orrery {
namespace {

// A double's bits, without those behind the part of the octave, count the parts in order.
constexpr int kBitsBehindParts = 52 - 5;

constexpr std::uint64_t part_number(double value) {
  return std::bit_cast<std::uint64_t>(value) >> kBitsBehindParts;
}

BlockProfileRecord record_of(const std::string& path, Quantity quantity, const TimeSeries& times) {
  BlockProfileRecord record = record_of(path, quantity, times.aggregate());
  record.p50 = times.quantile(0.5);
  record.p95 = times.quantile(0.95);
  return record;
}

}  // namespace

size_t TimeSeries::place_of(double seconds) {
  constexpr std::uint64_t kFirst = part_number(1.0 / (std::int64_t{1} << -kLowest));
  const std::uint64_t number = seconds > 0 ? part_number(seconds) : 0;
  return std::clamp<std::uint64_t>(number, kFirst, kFirst + kParts * kOctaves - 1) - kFirst;
}

double TimeSeries::middle_of(size_t place) {
  constexpr std::uint64_t kFirst = part_number(1.0 / (std::int64_t{1} << -kLowest));
  return std::bit_cast<double>((kFirst + place) << kBitsBehindParts | std::uint64_t{1}
                                                                          << (kBitsBehindParts - 1));
}

double TimeSeries::quantile(double share) const {
  const auto rank = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(aggregate_.count)));
  std::int64_t seen = 0;
  for (size_t place = place_of(aggregate_.min); place <= place_of(aggregate_.max); ++place) {
    seen += counts_[place];
    if (seen >= rank) return std::clamp(middle_of(place), aggregate_.min, aggregate_.max);
  }
  return aggregate_.max;
}

void TimeSeries::clear() {
  if (aggregate_.count == 0) return;
  std::fill(counts_.begin() + static_cast<long>(place_of(aggregate_.min)),
            counts_.begin() + static_cast<long>(place_of(aggregate_.max)) + 1, 0);
  aggregate_ = {};
}

void UnitProfile::clear() {
  forward.clear();
  backward.clear();
  device.clear();
  others.fill({});
}

void combine(Costs& whole, const Costs& part) {
  for (const QuantityInfo& quantity : quantities()) {
    const size_t i = index_of(quantity.quantity);
    const bool highest =
        quantity.quantity == Quantity::peak_bytes || quantity.quantity == Quantity::scratch_bytes;
    whole[i] = highest ? std::max(whole[i], part[i]) : whole[i] + part[i];
  }
}

BlockProfileRecord record_of(const std::string& path, Quantity quantity, const Aggregate& numbers) {
  return {.path = path,
          .quantity = quantity,
          .count = numbers.count,
          .min = numbers.min,
          .max = numbers.max,
          .mean = numbers.sum / static_cast<double>(numbers.count),
          .sum = numbers.sum};
}

std::vector<BlockProfileRecord> records_of(const std::string& path, const UnitProfile& profile) {
  std::vector<BlockProfileRecord> records;
  const auto add = [&](Quantity quantity, const auto& series, const Aggregate& aggregate) {
    if (aggregate.count > 0) records.push_back(record_of(path, quantity, series));
  };
  add(Quantity::forward_seconds, profile.forward, profile.forward.aggregate());
  add(Quantity::backward_seconds, profile.backward, profile.backward.aggregate());
  add(Quantity::device_seconds, profile.device, profile.device.aggregate());
  for (const QuantityInfo& quantity : quantities()) {
    const Aggregate& aggregate = profile.others[index_of(quantity.quantity)];
    add(quantity.quantity, aggregate, aggregate);
  }
  return records;
}

}  // namespace orrery
