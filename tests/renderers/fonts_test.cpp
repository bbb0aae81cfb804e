#include "renderers/fonts.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(FontsTest, FindsTheDeclaredFontBesideTheLibrary) {
  EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(font_folder()) / "DejaVuSans.ttf"));
  EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(font_folder()) / "LICENSE"));
}

TEST(FontsTest, MeasuresWithoutHintingSoThatWidthsScale) {
  Fonts fonts;
  const Size small = fonts.measure("Conv2d 3×3", {6, false}),
             large = fonts.measure("Conv2d 3×3", {60, false});
  EXPECT_NEAR(large.width, 10 * small.width, 0.2);
  EXPECT_DOUBLE_EQ(large.height, 10 * small.height);
  // The advances of DejaVu Sans for "NN": 2 × 1532 of 2048 units to the em.
  EXPECT_NEAR(fonts.measure("NN", {20.48, false}).width, 30.64, 0.01);
}

TEST(FontsTest, SetsBoldWiderThanRegular) {
  Fonts fonts;
  EXPECT_GT(fonts.measure("Linear", {8, true}).width, fonts.measure("Linear", {8, false}).width);
}

TEST(FontsTest, GivesEveryTextOfAStyleTheSameHeight) {
  Fonts fonts;
  EXPECT_EQ(fonts.measure("x", {8, false}).height, fonts.measure("Äg😀漢", {8, false}).height);
}

TEST(FontsTest, ReadsNoMarkup) {
  Fonts fonts;
  EXPECT_GT(fonts.measure("<b>x</b>", {8, false}).width, fonts.measure("x", {8, false}).width);
}

TEST(FontsTest, OpensSeveralTimesInOneProcess) {
  Fonts first;
  const double width = first.measure("Linear", {8, false}).width;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Fonts().measure("Linear", {8, false}).width, width);
}

}  // namespace
}  // namespace orrery
