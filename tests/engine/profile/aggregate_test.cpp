#include "runtime/engine/profile/aggregate.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace orrery {
namespace {

double ranked(std::vector<double> times, double share) {
  std::ranges::sort(times);
  return times[static_cast<size_t>(std::ceil(share * static_cast<double>(times.size()))) - 1];
}

TEST(TimeSeriesTest, QuantilesAreAtMostTwoInAHundredBesideTheTrueOnes) {
  std::mt19937 random(7);
  for (const double scale : {3e-8, 4e-5, 0.02, 7.0}) {
    std::lognormal_distribution<double> draw(0, 1);
    TimeSeries series;
    std::vector<double> times;
    for (int i = 0; i < 2000; ++i) {
      times.push_back(scale * draw(random));
      series.add(times.back());
    }
    for (const double share : {0.01, 0.5, 0.95, 1.0})
      EXPECT_NEAR(series.quantile(share) / ranked(times, share), 1, 0.02) << scale << " " << share;
  }
}

TEST(TimeSeriesTest, QuantilesLieWithinWhatWasSeen) {
  TimeSeries series;
  series.add(0.0101);
  EXPECT_EQ(series.quantile(0.5), 0.0101);
  series.add(0.0103);
  EXPECT_GE(series.quantile(0.5), 0.0101);
  EXPECT_LE(series.quantile(0.95), 0.0103);
}

TEST(TimeSeriesTest, TimesBeyondItsEndsCountWhereItEnds) {
  TimeSeries series;
  for (const double time : {0.0, 1e-12, 1e6}) series.add(time);
  EXPECT_EQ(series.aggregate().count, 3);
  EXPECT_EQ(series.quantile(1), 4096 * (1 - 1.0 / 128));
  EXPECT_LT(series.quantile(0.5), 2e-9);
}

TEST(TimeSeriesTest, NothingIsLeftWhenItIsCleared) {
  TimeSeries series;
  for (const double time : {1e-6, 1e-3, 1.0}) series.add(time);
  series.clear();
  EXPECT_EQ(series.aggregate().count, 0);
  series.add(2.0);
  EXPECT_EQ(series.quantile(0.01), 2.0);
}

}  // namespace
}  // namespace orrery
