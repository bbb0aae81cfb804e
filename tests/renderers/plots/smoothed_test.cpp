#include "renderers/plots/smoothed.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::plots {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

TEST(SmoothedTest, LeavesNumbersAloneOverASpanOfOne) {
  EXPECT_THAT(smoothed({3, 1, 2}, 1), ElementsAre(3, 1, 2));
}

// With a span of 3 a number weighs 1/2: (1/2 · 2 + 1/4 · 8) / (3/4).
TEST(SmoothedTest, WeighsTheFirstNumbersAsMuchAsLaterOnes) {
  EXPECT_THAT(smoothed({8, 2}, 3), ElementsAre(DoubleEq(8), DoubleEq(4)));
}

TEST(SmoothedTest, KeepsAConstant) {
  for (double value : smoothed(std::vector<double>(50, 0.25), 10)) EXPECT_DOUBLE_EQ(value, 0.25);
}

TEST(SmoothedTest, KeepsGapsAndGoesOnBehindThem) {
  const std::vector<double> result = smoothed({8, std::nan(""), HUGE_VAL, 2}, 3);
  EXPECT_TRUE(std::isnan(result[1]));
  EXPECT_EQ(result[2], HUGE_VAL);
  EXPECT_DOUBLE_EQ(result[3], 4);
}

TEST(SmoothedTest, TakesNothing) { EXPECT_TRUE(smoothed({}, 5).empty()); }

}  // namespace
}  // namespace orrery::plots
