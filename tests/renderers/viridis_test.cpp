#include "renderers/viridis.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

double luminance(const Color& c) { return 0.2126 * c.red + 0.7152 * c.green + 0.0722 * c.blue; }

TEST(ViridisTest, GetsLighterAllTheWay) {
  for (int i = 0; i < 40; ++i)
    EXPECT_LT(luminance(color_at(viridis(), i / 40.0)), luminance(color_at(viridis(), (i + 1) / 40.0))) << i;
}

TEST(ViridisTest, GoesNoFartherThanItsEnds) {
  EXPECT_EQ(color_at(viridis(), -0.5), viridis().front());
  EXPECT_EQ(color_at(viridis(), 1.5), viridis().back());
}

TEST(ViridisTest, MixesTheColoursOnBothSides) {
  const Color half = color_at({rgb(0x000000), rgb(0xffffff)}, 0.25);
  EXPECT_DOUBLE_EQ(half.red, 0.25);
  EXPECT_DOUBLE_EQ(half.blue, 0.25);
}

}  // namespace
}  // namespace orrery
