#include "renderers/painter.h"

#include <cmath>

#include <gtest/gtest.h>

namespace orrery {
namespace {

using Verb = Outline::Verb;

TEST(PainterTest, MakesColoursOfHexNumbers) {
  EXPECT_EQ(rgb(0xff0080).red, 1);
  EXPECT_EQ(rgb(0xff0080).green, 0);
  EXPECT_NEAR(rgb(0xff0080).blue, 0.502, 0.001);
}

TEST(PainterTest, RoundsTheCornersOfALineNoMoreThanItsPartsAllow) {
  const Outline wide = Outline::rounded_polyline({{0, 0}, {0, 100}, {100, 100}}, 4);
  ASSERT_EQ(wide.steps().size(), 4u);
  EXPECT_EQ(wide.steps()[1].to, (Point{0, 96}));
  EXPECT_EQ(wide.steps()[2].verb, Verb::curve);
  EXPECT_EQ(wide.steps()[2].to, (Point{4, 100}));
  const Outline tight = Outline::rounded_polyline({{0, 0}, {0, 4}, {100, 4}}, 4);
  EXPECT_EQ(tight.steps()[1].to, (Point{0, 2}));
}

// Of two points at one place no direction is known: without care each corner there would be no number.
TEST(PainterTest, RoundsALineWithPartsThatHaveNoLength) {
  const Outline still = Outline::rounded_polyline({{0, 0}, {0, 50}, {0, 50}, {60, 50}, {60, 50}}, 4);
  for (const auto& step : still.steps())
    for (const Point p : {step.a, step.b, step.to}) EXPECT_TRUE(std::isfinite(p.x) && std::isfinite(p.y));
  EXPECT_EQ(still.steps().back().to, (Point{60, 50}));
  EXPECT_EQ(Outline::rounded_polyline({{3, 3}, {3, 3}, {3, 3}}, 4).steps().back().to, (Point{3, 3}));
}

TEST(PainterTest, LimitsTheRadiusOfARectangleToHalfItsSide) {
  const Outline pill = Outline::rounded({0, 0, 10, 4}, 100);
  for (const auto& step : pill.steps()) {
    EXPECT_GE(step.to.y, 0);
    EXPECT_LE(step.to.y, 4);
  }
}

TEST(PainterTest, ClosesPolygonsOnly) {
  EXPECT_EQ(Outline::polygon({{0, 0}, {1, 0}, {1, 1}}).steps().back().verb, Verb::close);
  EXPECT_EQ(Outline::polyline({{0, 0}, {1, 0}}).steps().back().verb, Verb::line);
}

}  // namespace
}  // namespace orrery
