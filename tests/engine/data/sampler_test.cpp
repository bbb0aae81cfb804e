#include "runtime/engine/data/sampler.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

namespace orrery {
namespace {

std::vector<std::int64_t> counted(std::int64_t length) {
  std::vector<std::int64_t> indices(static_cast<size_t>(length));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

TEST(SamplerTest, SequentialOrderIsTheSetsOwnInEveryEpoch) {
  const Sampler sampler(5, Sampler::Order::sequential, 3);
  EXPECT_EQ(sampler.order(1), counted(5));
  EXPECT_EQ(sampler.order(2), counted(5));
}

TEST(SamplerTest, ShuffledOrderVisitsEverySampleOnce) {
  const Sampler sampler(1000, Sampler::Order::shuffled, 3);
  std::vector<std::int64_t> order = sampler.order(1);
  EXPECT_NE(order, counted(1000));
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, counted(1000));
}

TEST(SamplerTest, OrderIsAFunctionOfSeedAndEpoch) {
  const Sampler sampler(100, Sampler::Order::shuffled, 3);
  const auto second = sampler.order(2);
  EXPECT_NE(sampler.order(1), second);
  EXPECT_EQ(Sampler(100, Sampler::Order::shuffled, 3).order(2), second);
  EXPECT_NE(Sampler(100, Sampler::Order::shuffled, 4).order(2), second);
}

TEST(SamplerTest, EverySampleComesToEveryPlaceAboutAsOften) {
  constexpr int kEpochs = 6000;
  const Sampler sampler(6, Sampler::Order::shuffled, 11);
  std::vector<std::vector<int>> counts(6, std::vector<int>(6));
  for (int epoch = 1; epoch <= kEpochs; ++epoch) {
    const auto order = sampler.order(epoch);
    for (size_t place = 0; place < 6; ++place) ++counts[place][static_cast<size_t>(order[place])];
  }
  for (const auto& row : counts) {
    for (const int count : row) EXPECT_NEAR(count, kEpochs / 6, 150);
  }
}

TEST(SamplerTest, SetsOfNoneAndOneSampleHaveAnOrder) {
  EXPECT_TRUE(Sampler(0, Sampler::Order::shuffled, 1).order(1).empty());
  EXPECT_EQ(Sampler(1, Sampler::Order::shuffled, 1).order(1), counted(1));
}

}  // namespace
}  // namespace orrery
