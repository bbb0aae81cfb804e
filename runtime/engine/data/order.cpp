#include "runtime/engine/data/order.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace orrery {

void shuffle(std::vector<std::int64_t>& list, RandomStream& random) {
  for (size_t left = list.size(); left > 1; --left) std::swap(list[left - 1], list[random.below(left)]);
}

std::vector<std::int64_t> shuffled_order(std::int64_t length, RandomStream& random) {
  std::vector<std::int64_t> order(static_cast<size_t>(length));
  std::iota(order.begin(), order.end(), 0);
  shuffle(order, random);
  return order;
}

std::vector<std::int64_t> stratified_order(const std::vector<std::int64_t>& keys, RandomStream& random) {
  std::map<std::int64_t, std::vector<std::int64_t>> places;
  for (size_t i = 0; i < keys.size(); ++i) places[keys[i]].push_back(static_cast<std::int64_t>(i));
  struct Placed {
    double at;
    std::int64_t index;
  };
  std::vector<Placed> placed;
  placed.reserve(keys.size());
  for (auto& [key, indices] : places) {
    shuffle(indices, random);
    // The classes' grids are moved against each other, so that none is first by its number.
    const double shift = random.uniform();
    const auto count = static_cast<double>(indices.size());
    for (size_t k = 0; k < indices.size(); ++k)
      placed.push_back({(static_cast<double>(k) + shift) / count, indices[k]});
  }
  std::ranges::stable_sort(placed, {}, &Placed::at);
  std::vector<std::int64_t> order;
  for (const Placed& one : placed) order.push_back(one.index);
  return order;
}

std::vector<std::int64_t> weighted_draws(const std::vector<double>& weights, std::int64_t count,
                                         RandomStream& random) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  std::vector<std::int64_t> draws;
  draws.reserve(static_cast<size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const double at = random.uniform() * sums.back();
    const auto found = std::ranges::upper_bound(sums, at);
    // Rounding may reach the sum itself, behind the last weight that is not 0.
    draws.push_back((found == sums.end() ? std::ranges::lower_bound(sums, sums.back()) : found) -
                    sums.begin());
  }
  return draws;
}

}  // namespace orrery
