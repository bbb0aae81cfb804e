#include "renderers/styles/theme.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& name, const ThemeChanges& changes) {
  try {
    make_theme(name, changes);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.what();
  }
  return {};
}

double linear(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }
double luminance(Color c) {
  return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}
double contrast(Color a, Color b) {
  const double high = std::max(luminance(a), luminance(b)), low = std::min(luminance(a), luminance(b));
  return (high + 0.05) / (low + 0.05);
}

TEST(ThemeTest, TextIsReadableOnEveryBox) {
  for (const std::string& name : theme_names()) {
    const Theme theme = make_theme(name, {});
    for (const auto& [role, paint] : theme.paints)
      EXPECT_GE(contrast(paint.fill, paint.text), 4.5) << name << ": " << role_name(role);
    for (const Paint& paint : theme.tones) EXPECT_GE(contrast(paint.fill, paint.text), 4.5) << name;
    for (Color frame : {theme.even_frame, theme.odd_frame})
      EXPECT_GE(contrast(frame, theme.quiet), 4.5) << name;
  }
}

TEST(ThemeTest, TextIsReadableOnEveryAmount) {
  for (const std::string& name : theme_names()) {
    const Theme theme = make_theme(name, {});
    for (int i = 0; i <= 20; ++i) {
      DiagramBox box{.tone = DiagramBox::kNeutral, .heat = i / 20.0};
      const BoxLook look = theme.look(box);
      EXPECT_GE(contrast(look.fill, look.text), 4.5) << name << " at " << i / 20.0;
    }
  }
}

TEST(ThemeTest, TextIsReadableOnEveryChangeAndDifference) {
  for (const std::string& name : theme_names()) {
    const Theme theme = make_theme(name, {});
    for (const auto& [change, paint] : theme.changes)
      EXPECT_GE(contrast(paint.fill, paint.text), 4.5) << name << ": " << orrery::name(change);
    for (int i = 0; i <= 20; ++i) {
      const DiagramBox box{.tone = DiagramBox::kNeutral, .heat = i / 20.0, .delta = true};
      const BoxLook look = theme.look(box);
      EXPECT_GE(contrast(look.fill, look.text), 4.5) << name << " at " << i / 20.0;
    }
  }
}

TEST(ThemeTest, ChangesDifferInMoreThanColour) {
  using Kind = GraphDiff::Kind;
  for (const std::string& name : theme_names()) {
    const Theme theme = make_theme(name, {});
    const auto look = [&](Kind change) {
      return theme.look(DiagramBox{.tone = DiagramBox::kNeutral, .change = change});
    };
    EXPECT_FALSE(look(Kind::removed).dashes.empty()) << name;
    EXPECT_TRUE(look(Kind::added).dashes.empty()) << name;
    EXPECT_GT(look(Kind::changed).line_width, look(Kind::same).line_width) << name;
    EXPECT_GE(contrast(theme.changes.at(Kind::added).line, theme.background), 3) << name;
    EXPECT_GE(contrast(theme.changes.at(Kind::changed).line, theme.background), 3) << name;
  }
  EXPECT_NE(std::string(change_mark(Kind::added)), change_mark(Kind::changed));
}

TEST(ThemeTest, LabelsOfLinesAreReadableInABlockThatCostsMoreOrLess) {
  for (const std::string& name : theme_names()) {
    const Theme theme = make_theme(name, {});
    for (double heat : {0.0, 0.5, 1.0}) {
      const DiagramBox box{.kind = DiagramBox::Kind::frame, .heat = heat, .delta = true};
      EXPECT_GE(contrast(theme.frame(box, 0).fill, theme.quiet), 3) << name << " at " << heat;
      EXPECT_EQ(theme.frame(box, 0).line, theme.heat_at(heat, true)) << name;
    }
  }
}

TEST(ThemeTest, LessAndMoreAreAsFarFromNothing) {
  for (const std::string& name : theme_names()) {
    const Theme theme = make_theme(name, {});
    EXPECT_NE(theme.heat_at(0, true), theme.heat_at(1, true)) << name;
    EXPECT_NE(theme.heat_at(0.5, true), theme.heat_at(1, true)) << name;
  }
}

TEST(ThemeTest, AmountsGrowDarkerOnPaperAndLighterOnBlack) {
  for (const std::string& name : theme_names()) {
    const Theme theme = make_theme(name, {});
    for (int i = 0; i < 20; ++i) {
      const double here = luminance(theme.heat_at(i / 20.0)), more = luminance(theme.heat_at((i + 1) / 20.0));
      EXPECT_TRUE(name == "dark" ? more > here : more < here) << name << " at " << i / 20.0;
    }
  }
}

TEST(ThemeTest, PaperIsGreyAndTellsKindsByOutlineMarkOrDarkness) {
  const Theme theme = make_theme("paper", {});
  std::set<std::tuple<BoxShape, BoxMark, double, size_t, double>> seen;
  for (const auto& [role, paint] : theme.paints) {
    EXPECT_EQ(paint.fill.red, paint.fill.green) << role_name(role);
    EXPECT_EQ(paint.fill.red, paint.fill.blue) << role_name(role);
    const BoxLook look = theme.look_of(role);
    if (role == BoxRole::reduction) continue;  // makes data smaller, as pooling does
    EXPECT_TRUE(
        seen.insert({look.shape, look.mark, look.fill.red, look.dashes.size(), look.line_width}).second)
        << role_name(role);
  }
}

TEST(ThemeTest, StrokesTellKindsOnlyWhereColoursDo) {
  const Theme theme = make_theme("paper", {});
  DiagramBox box{.category = Category::convolution};
  EXPECT_EQ(theme.look(box).mark, BoxMark::slanted);
  box.tone = 0;
  EXPECT_EQ(theme.look(box).mark, BoxMark::none);
  box.tone = DiagramBox::kNeutral;
  EXPECT_EQ(theme.look(box).mark, BoxMark::none);
  box.heat = 0.5;
  EXPECT_EQ(theme.look(box).mark, BoxMark::none);
}

TEST(ThemeTest, ATonesPaintThatComesAgainHasStrokes) {
  for (const std::string& name : theme_names()) {
    const Theme theme = make_theme(name, {});
    const int tones = static_cast<int>(theme.tones.size());
    EXPECT_EQ(theme.tone_mark(tones - 1), BoxMark::none) << name;
    EXPECT_EQ(theme.tone_mark(tones), BoxMark::slanted) << name;
    EXPECT_EQ(theme.look({.tone = 2 * tones}).mark, BoxMark::upright) << name;
  }
}

TEST(ThemeTest, TakesChanges) {
  const Theme theme = make_theme("light", {{"background", "#123456"},
                                           {"convolution", "#fff"},
                                           {"convolution_line", "#000000"},
                                           {"title_size", "9.5"},
                                           {"marks", "true"}});
  EXPECT_EQ(theme.background, rgb(0x123456));
  EXPECT_EQ(theme.paints.at(BoxRole::convolution).fill, rgb(0xffffff));
  EXPECT_EQ(theme.paints.at(BoxRole::convolution).line, rgb(0x000000));
  EXPECT_EQ(theme.title.size, 9.5);
  EXPECT_TRUE(theme.marks);
}

TEST(ThemeTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refusal("drak", {}), HasSubstr("there is no theme 'drak' (did you mean 'dark'?)"));
  EXPECT_THAT(refusal("light", {{"backgruond", "#fff"}}),
              HasSubstr("unknown key 'backgruond' (did you mean 'background'?)"));
  EXPECT_THAT(refusal("light", {{"text", "red"}}),
              HasSubstr("text must be a colour such as '#ffd0a0', got 'red'"));
  EXPECT_THAT(refusal("light", {{"text", "#12345"}}), HasSubstr("must be a colour"));
  EXPECT_THAT(refusal("light", {{"text", "#12345g"}}), HasSubstr("must be a colour"));
  EXPECT_THAT(refusal("light", {{"marks", "yes"}}), HasSubstr("marks must be true or false"));
}

TEST(ThemeTest, HoldsSizesToTheirLimits) {
  EXPECT_THAT(refusal("light", {{"title_size", "3.9"}}), HasSubstr("a number from 4 to 72, got '3.9'"));
  EXPECT_EQ(make_theme("light", {{"title_size", "4"}}).title.size, 4);
  EXPECT_EQ(make_theme("light", {{"title_size", "72"}}).title.size, 72);
  EXPECT_THAT(refusal("light", {{"title_size", "72.1"}}), HasSubstr("got '72.1'"));
  EXPECT_THAT(refusal("light", {{"title_size", "nan"}}), HasSubstr("got 'nan'"));
}

}  // namespace
}  // namespace orrery
