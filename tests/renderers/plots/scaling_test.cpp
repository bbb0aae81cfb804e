#include "renderers/plots/scaling.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"

namespace orrery::plots {
namespace {

using ::testing::HasSubstr;

const double kNan = std::nan(""), kInfinity = std::numeric_limits<double>::infinity();

Extent extent(std::vector<double> values, Scale scale = Scale::linear) {
  Extent result;
  result.take(values, scale);
  return result;
}

std::string refusal(const Axis& axis) {
  try {
    scaling_of(axis, {}, 0);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.what();
  }
  return {};
}

TEST(ScalingTest, TakesNoNumbersThatHaveNoPlace) {
  const Extent taken = extent({kNan, 3, kInfinity, 1e301, -kInfinity, -2});
  EXPECT_EQ(taken.least, -2);
  EXPECT_EQ(taken.largest, 3);
  EXPECT_TRUE(extent({kNan}).empty);
  EXPECT_TRUE(extent({0, -1}, Scale::log).empty);
}

TEST(ScalingTest, LeavesAMarginAroundTheData) {
  const Scaling s = scaling_of({}, extent({10, 20}), 0.05);
  EXPECT_DOUBLE_EQ(s.from, 9.5);
  EXPECT_DOUBLE_EQ(s.to, 20.5);
}

TEST(ScalingTest, BeginsAtZeroWhereTheDataReachNearIt) {
  EXPECT_EQ(scaling_of({}, extent({0.1, 1}), 0.05).from, 0);
  EXPECT_GT(scaling_of({}, extent({0.6, 1}), 0.05).from, 0);
  EXPECT_LT(scaling_of({}, extent({-0.1, 1}), 0.05).from, -0.1);
  EXPECT_EQ(scaling_of({.zero = true}, extent({0.6, 1}), 0.05).from, 0);
  EXPECT_EQ(scaling_of({.zero = true}, extent({-3, -2}), 0.05).to, 0);
}

TEST(ScalingTest, MakesRoomAroundOnePlace) {
  for (double value : {0.0, 1.0, -5.0, 1e-200, 1e200, -1e299}) {
    const Scaling s = scaling_of({}, extent({value}), 0.05);
    EXPECT_LT(s.from, s.to) << value;
    EXPECT_LE(s.from, value);
    EXPECT_GE(s.to, value);
  }
  const Scaling log = scaling_of({.scale = Scale::log}, extent({1e-5}, Scale::log), 0.05);
  EXPECT_LT(log.from, 1e-5);
  EXPECT_GT(log.to, 1e-5);
}

TEST(ScalingTest, IsUsableWithoutData) {
  EXPECT_EQ(scaling_of({}, {}, 0.05).to, 1);
  EXPECT_EQ(scaling_of({.scale = Scale::log}, {}, 0.05).to, 10);
}

TEST(ScalingTest, EndsWhereItIsAskedTo) {
  const Scaling s = scaling_of({.from = 1.0, .to = 4.0}, extent({0, 100}), 0.05);
  EXPECT_EQ(s.from, 1);
  EXPECT_EQ(s.to, 4);
  const Scaling beyond = scaling_of({.from = 1000.0}, extent({0, 100}), 0.05);
  EXPECT_EQ(beyond.from, 1000);
  EXPECT_GT(beyond.to, 1000);
}

TEST(ScalingTest, RefusesEndsThatMakeNoAxis) {
  EXPECT_THAT(refusal({.label = "loss", .from = 2.0, .to = 1.0}), HasSubstr("'loss' cannot go from 2 to 1"));
  EXPECT_THAT(refusal({.label = "loss", .scale = Scale::log, .from = 0.0}), HasSubstr("what is above 0"));
  EXPECT_THAT(refusal({.label = "loss", .to = kNan}), HasSubstr("finite number"));
  EXPECT_EQ(refusal({.scale = Scale::log, .from = 1e-12}), "");
}

TEST(ScalingTest, PlacesValuesEvenlyOrByTheirLogarithm) {
  const Scaling linear{Scale::linear, 0, 10, 100, 0};
  EXPECT_DOUBLE_EQ(linear.at(2.5), 75);
  const Scaling log{Scale::log, 1, 100, 0, 100};
  EXPECT_DOUBLE_EQ(log.at(10), 50);
}

}  // namespace
}  // namespace orrery::plots
