#include "tests/renderers/layout_quality.h"

#include <gtest/gtest.h>

namespace orrery::test {
namespace {

TEST(LayoutQualityTest, CountsTwoLinesThatCrossOnce) {
  EXPECT_EQ(quality_of({}, {{0, 2, {{0, 0}, {10, 10}}}, {1, 3, {{10, 0}, {0, 10}}}}).crossings, 1);
}

TEST(LayoutQualityTest, CountsNoCrossingWhereLinesMeetAtTheirEnds) {
  EXPECT_EQ(quality_of({}, {{0, 2, {{0, 0}, {5, 10}}}, {1, 2, {{10, 0}, {5, 10}}}}).crossings, 0);
  EXPECT_EQ(quality_of({}, {{0, 2, {{0, 0}, {10, 10}}}, {0, 3, {{10, 0}, {0, 10}}}}).crossings, 0);
}

TEST(LayoutQualityTest, CountsAStretchThatLinesOfOneBoxShareOnce) {
  const std::vector<DrawnLine> lines{
      {0, 2, {{0, 5}, {20, 5}, {20, 9}}}, {0, 3, {{0, 5}, {20, 5}, {20, 1}}}, {1, 4, {{10, 0}, {10, 10}}}};
  EXPECT_EQ(quality_of({}, lines).crossings, 1);
  EXPECT_EQ(quality_of({}, lines).bends, 1);
}

TEST(LayoutQualityTest, MeasuresLengthAndArea) {
  const LayoutQuality quality =
      quality_of({{0, 0, 10, 10}, {0, 20, 10, 10}}, {{0, 1, {{5, 10}, {5, 20}}}, {0, 1, {{5, 10}, {8, 20}}}});
  EXPECT_EQ(quality.length, 23);
  EXPECT_EQ(quality.area, 300);
}

}  // namespace
}  // namespace orrery::test
