#include "runtime/engine/data/order.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace orrery {
namespace {

using Indices = std::vector<std::int64_t>;

RC_GTEST_PROP(StratifiedOrderTest, AnyBeginningHasEachKeyInProportion, ()) {
  const auto keys = *rc::gen::container<Indices>(rc::gen::inRange<std::int64_t>(0, 4));
  RandomStream random(*rc::gen::arbitrary<std::uint64_t>(), 1);
  const Indices order = stratified_order(keys, random);
  Indices sorted = order;
  std::ranges::sort(sorted);
  for (size_t i = 0; i < keys.size(); ++i) RC_ASSERT(sorted[i] == static_cast<std::int64_t>(i));
  std::map<std::int64_t, double> whole, met;
  for (const std::int64_t key : keys) ++whole[key];
  for (size_t i = 0; i < order.size(); ++i) {
    ++met[keys[static_cast<size_t>(order[i])]];
    for (const auto& [key, count] : whole) {
      const double expected = count * static_cast<double>(i + 1) / static_cast<double>(keys.size());
      RC_ASSERT(std::abs(met[key] - expected) < static_cast<double>(whole.size()));
    }
  }
}

TEST(WeightedDrawsTest, AreAsFrequentAsTheirWeights) {
  RandomStream random(3, 1);
  std::vector<int> counts(4);
  for (const std::int64_t draw : weighted_draws({1, 0, 3, 0}, 4000, random))
    ++counts[static_cast<size_t>(draw)];
  EXPECT_EQ(counts[1], 0);
  EXPECT_EQ(counts[3], 0);
  EXPECT_NEAR(counts[0], 1000, 120);
}

TEST(ShuffledOrderTest, EveryFirstIsAsLikely) {
  std::vector<int> counts(5);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomStream random(seed, 1);
    ++counts[static_cast<size_t>(shuffled_order(5, random)[0])];
  }
  for (const int count : counts) EXPECT_NEAR(count, 400, 100);
}

}  // namespace
}  // namespace orrery
