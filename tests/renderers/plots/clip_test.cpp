#include "renderers/plots/clip.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::plots {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Rect kPage{0, 0, 10, 10};

TEST(ClipTest, KeepsALineInside) {
  const Polyline line{{1, 1}, {5, 9}, {9, 1}};
  EXPECT_THAT(clipped_line(line, kPage), ElementsAre(line));
}

TEST(ClipTest, CutsALineWhereItLeavesAndEnters) {
  EXPECT_THAT(clipped_line({{-5, 5}, {15, 5}}, kPage), ElementsAre(Polyline{{0, 5}, {10, 5}}));
  EXPECT_THAT(clipped_line({{2, 5}, {2, 15}, {8, 15}, {8, 5}}, kPage),
              ElementsAre(Polyline{{2, 5}, {2, 10}}, Polyline{{8, 10}, {8, 5}}));
  EXPECT_THAT(clipped_line({{-5, -5}, {-5, 15}}, kPage), IsEmpty());
}

TEST(ClipTest, CutsAnArea) {
  EXPECT_THAT(clipped_area({{-5, 2}, {5, 2}, {5, 4}, {-5, 4}}, kPage),
              testing::UnorderedElementsAre(Point{0, 2}, Point{5, 2}, Point{5, 4}, Point{0, 4}));
  EXPECT_THAT(clipped_area({{20, 2}, {25, 2}, {25, 4}}, kPage), IsEmpty());
}

TEST(ClipTest, LeavesNothingOutside) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> at(-20, 30);
  for (int i = 0; i < 500; ++i) {
    Polyline line;
    for (int k = 0; k < 12; ++k) line.push_back({at(random), at(random)});
    std::vector<Polyline> parts = clipped_line(line, kPage);
    parts.push_back(clipped_area(line, kPage));
    for (const Polyline& part : parts)
      for (Point p : part) EXPECT_TRUE(kPage.grown(1e-9).contains({p.x, p.y, 0, 0})) << p.x << ", " << p.y;
  }
}

TEST(ClipTest, ThinsALineToItsOutline) {
  Polyline line;
  for (int i = 0; i < 100000; ++i) line.push_back({i * 1e-3, i % 2 ? 1.0 : 9.0});
  line[50000].y = 10;
  const Polyline thin = thinned(line, 1);
  EXPECT_LE(thin.size(), 4u * 101);
  EXPECT_EQ(thin.front(), line.front());
  EXPECT_EQ(thin.back(), line.back());
  EXPECT_THAT(thin, testing::Contains(line[50000]));
}

TEST(ClipTest, ThinsNoLineThatTurnsBack) {
  const Polyline loop{{0, 0}, {1, 0}, {0.5, 1}, {0.4, 1}, {0.3, 1}, {0, 0}};
  EXPECT_EQ(thinned(loop, 10), loop);
}

}  // namespace
}  // namespace orrery::plots
