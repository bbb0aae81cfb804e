#include "renderers/plots/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/image_format.h"
#include "renderers/plots/legend.h"
#include "runtime/core/error.h"
#include "tests/renderers/plots/example_figures.h"

namespace orrery::plots {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const double kNan = std::nan(""), kInfinity = std::numeric_limits<double>::infinity();

Plot laid_out(const Figure& figure) {
  Fonts fonts;
  return lay_out(figure, PlotTheme(), fonts);
}

Figure figure_of(std::vector<Series> series, Axis y = {}) {
  Figure figure;
  figure.panels.push_back({std::move(y), std::move(series)});
  return figure;
}

std::vector<Mark> marks_of(const Plot& plot, const std::string& role) {
  std::vector<Mark> found;
  std::copy_if(plot.marks.begin(), plot.marks.end(), std::back_inserter(found),
               [&](const Mark& mark) { return mark.role == role; });
  return found;
}

// What every plot keeps: texts on the page, none on another, no letters below 6 points; the rest on the page.
void expect_sound(const Plot& plot, const std::string& what) {
  const Rect page{0, 0, plot.page.width, plot.page.height};
  std::vector<Mark> texts;
  for (const Mark& mark : plot.marks) {
    for (Point p : mark.points)
      EXPECT_TRUE(page.contains({p.x, p.y, 0, 0}))
          << what << ": " << mark.role << " at " << p.x << ", " << p.y;
    if (mark.kind == Mark::Kind::text) texts.push_back(mark);
  }
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_TRUE(page.grown(0.01).contains(texts[i].frame)) << what << ": " << texts[i].text;
    EXPECT_GE(texts[i].style.size, 6);
    for (size_t k = i + 1; k < texts.size(); ++k)
      EXPECT_FALSE(texts[i].frame.grown(-0.01).overlaps(texts[k].frame))
          << what << ": '" << texts[i].text << "' on '" << texts[k].text << "'";
  }
}

std::string refusal(const Figure& figure, const std::string& format = "svg", double dpi = 150) {
  try {
    draw_plot(figure, format, dpi);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.what();
  }
  return {};
}

TEST(PlotTest, KeepsTextsApartAndOnThePage) {
  expect_sound(laid_out(test::two_panels()), "two panels");
  expect_sound(laid_out(test::bands()), "bands");
  expect_sound(laid_out(test::smoothed_with_gaps()), "gaps");
  expect_sound(laid_out(test::crowded()), "crowded");
}

TEST(PlotTest, KeepsTextsApartWhateverTheNumbers) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> power(-20, 20), unit(-1, 1);
  for (int i = 0; i < 80; ++i) {
    const double size = std::pow(10, power(random)), base = unit(random) * std::pow(10, power(random));
    std::vector<double> y;
    for (int k = 0; k < 30; ++k) y.push_back(base + size * unit(random));
    Figure figure = figure_of({test::series("one", y), test::series("two", y)},
                              {.label = "y", .scale = i % 3 ? Scale::linear : Scale::log});
    figure.panels.push_back(figure.panels[0]);
    figure.title = "A title", figure.caption = "A caption", figure.x.label = "x";
    figure.width_mm = 60 + 10 * (i % 10);
    expect_sound(laid_out(figure), fmt::format("{} around {}", size, base));
  }
}

TEST(PlotTest, KeepsCurvesInsideTheirPanelWhereTheAxisIsShorter) {
  Figure figure = figure_of({test::series("one", test::falling(40))}, {.from = 0.5, .to = 1.0});
  figure.x.from = 3, figure.x.to = 20;
  figure.panels[0].series[0].lower = test::falling(40, 1),
  figure.panels[0].series[0].upper = test::falling(40, 3);
  const Plot plot = laid_out(figure);
  const std::vector<Mark> axes = marks_of(plot, "axis");
  ASSERT_EQ(axes.size(), 2u);
  const Rect inside = spanned(axes[0].points[1], axes[1].points[1]).grown(0.01);
  for (const char* role : {"curve", "band"})
    for (const Mark& mark : marks_of(plot, role))
      for (Point p : mark.points) EXPECT_TRUE(inside.contains({p.x, p.y, 0, 0})) << role;
}

TEST(PlotTest, PutsTheLegendWhereItCoversNoCurve) {
  for (const Figure& figure : {test::two_panels(), test::bands()}) {
    const Plot plot = laid_out(figure);
    Marks curves = marks_of(plot, "curve");
    for (const Mark& band : marks_of(plot, "band")) curves.push_back(band);
    for (const Mark& name : marks_of(plot, "legend name")) EXPECT_GT(clearance(name.frame, curves), 3);
  }
}

TEST(PlotTest, PutsTheLegendAboveWhereNoCornerIsFree) {
  const Plot plot = laid_out(test::crowded());
  const double top = marks_of(plot, "axis")[1].points[1].y;
  ASSERT_EQ(marks_of(plot, "legend name").size(), 7u);
  for (const Mark& name : marks_of(plot, "legend name")) EXPECT_LT(name.frame.bottom(), top);
}

TEST(PlotTest, TellsCurvesApartByColourAndByDashes) {
  const Plot plot = laid_out(test::bands());
  const std::vector<Mark> curves = marks_of(plot, "curve");
  ASSERT_EQ(curves.size(), 3u);
  for (size_t i = 0; i < 3; ++i)
    for (size_t k = i + 1; k < 3; ++k) {
      EXPECT_NE(curves[i].stroke.color, curves[k].stroke.color);
      EXPECT_NE(curves[i].stroke.dashes, curves[k].stroke.dashes);
    }
}

TEST(PlotTest, DrawsOneNameAlikeInAllPanels) {
  const std::vector<Mark> curves = marks_of(laid_out(test::two_panels()), "curve");
  ASSERT_EQ(curves.size(), 4u);
  EXPECT_EQ(curves[0].stroke.color, curves[2].stroke.color);
  EXPECT_EQ(curves[1].stroke.dashes, curves[3].stroke.dashes);
}

TEST(PlotTest, LeavesGapsAndMarksAPointBetweenTwo) {
  const Plot plot = laid_out(figure_of({test::series("", {1, 2, kNan, 3, kInfinity, 2, 1})}));
  const std::vector<Mark> parts = marks_of(plot, "curve");
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].kind, Mark::Kind::line);
  EXPECT_EQ(
      std::count_if(parts.begin(), parts.end(), [](const Mark& m) { return m.kind == Mark::Kind::symbol; }),
      1);
}

TEST(PlotTest, LeavesOutWhatALogarithmicAxisCannotShow) {
  const Plot plot =
      laid_out(figure_of({test::series("", {1, 0.1, 0, -1, 0.1, 0.01})}, {.scale = Scale::log}));
  EXPECT_EQ(marks_of(plot, "curve").size(), 2u);
}

TEST(PlotTest, LetsABandReachBelowALogarithmicAxis) {
  Series one = test::series("", {1, 0.5, 0.2});
  one.lower = {0.5, -0.1, -0.2}, one.upper = {2, 1, 0.5};
  EXPECT_EQ(marks_of(laid_out(figure_of({one}, {.scale = Scale::log})), "band").size(), 1u);
}

TEST(PlotTest, SaysThatThereIsNothingToShow) {
  for (const std::vector<Series>& series :
       {std::vector<Series>{}, {test::series("empty", {})}, {test::series("none", {kNan, kNan})}}) {
    const Plot plot = laid_out(figure_of(series));
    ASSERT_EQ(marks_of(plot, "notice").size(), 1u);
    expect_sound(plot, "nothing");
  }
}

TEST(PlotTest, ShowsOnePoint) {
  for (double value : {0.0, -3.0, 1e300, 1e-300}) {
    const Plot plot = laid_out(figure_of({test::series("one", {value})}));
    EXPECT_EQ(marks_of(plot, "curve").size(), 1u) << value;
    expect_sound(plot, "one point");
  }
}

TEST(PlotTest, StaysSmallWithAMillionPoints) {
  std::vector<double> y(1'000'000);
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = std::sin(static_cast<double>(i)) + static_cast<double>(i) * 1e-6;
  EXPECT_LT(draw_plot(figure_of({test::series("many", y)}), "svg", 150).size(), 400'000u);
}

TEST(PlotTest, ShortensNamesThatAreTooLong) {
  Figure figure = figure_of({test::series(std::string(10'000, 'n'), {1, 2, 3})},
                            {.label = std::string(10'000, 'l'), .unit = std::string(10'000, 'u')});
  figure.title = std::string(10'000, 't'), figure.caption = std::string(10'000, 'c');
  figure.x.label = std::string(10'000, 'x');
  const Plot plot = laid_out(figure);
  expect_sound(plot, "long names");
  EXPECT_THAT(marks_of(plot, "legend name").at(0).text, testing::EndsWith("…"));
}

TEST(PlotTest, CountsWhatTheLegendHasNoRoomFor) {
  std::vector<Series> many;
  for (int i = 0; i < 60; ++i) many.push_back(test::series(fmt::format("run {}", i), {1.0 * i, 2.0 * i}));
  const Plot plot = laid_out(figure_of(many));
  expect_sound(plot, "many");
  EXPECT_EQ(marks_of(plot, "legend name").back().text, "and 37 more");
}

TEST(PlotTest, KeepsHostileTextOutOfTheFilesSyntax) {
  for (const char* name :
       {"<script>alert(1)</script>", "a & b", "(paren\\", "שלום", "😀", "a\nb", "\x01\xff", "&#0;"}) {
    Figure figure = figure_of({test::series(name, {1, 2, 3})}, {.label = name});
    figure.title = figure.caption = figure.x.label = name;
    const std::string svg = draw_plot(figure, "svg", 150);
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_EQ(std::count(svg.begin(), svg.end(), '<'), std::count(svg.begin(), svg.end(), '>')) << name;
    EXPECT_THAT(draw_plot(figure, "pdf", 150), HasSubstr("%%EOF"));
  }
}

TEST(PlotTest, GivesEachFormatAndTheSameBytesAgain) {
  for (const std::string& format : image_formats())
    EXPECT_TRUE(draw_plot(test::bands(), format, 150) == draw_plot(test::bands(), format, 150)) << format;
  EXPECT_THAT(draw_plot(test::bands(), "pdf", 150), StartsWith("%PDF-1.5"));
  EXPECT_THAT(draw_plot(test::bands(), "svg", 150), StartsWith("<?xml"));
  EXPECT_THAT(draw_plot(test::bands(), "png", 150), StartsWith("\x89PNG"));
}

TEST(PlotTest, IsAsLargeAsAskedFor) {
  Figure figure = test::two_panels();
  figure.width_mm = 25.4 * 4, figure.height_mm = 25.4 * 3;
  const Plot plot = laid_out(figure);
  EXPECT_NEAR(plot.page.width, 288, 1e-9);
  EXPECT_NEAR(plot.page.height, 216, 1e-9);
  expect_sound(plot, "fixed size");
}

TEST(PlotTest, RefusesSizesThatHaveNoRoom) {
  Figure figure = test::two_panels();
  figure.height_mm = 30;
  EXPECT_THAT(refusal(figure), HasSubstr("too low for its panels"));
  figure.height_mm = 0, figure.width_mm = 29;
  EXPECT_THAT(refusal(figure), HasSubstr("width_mm must be 30 to 2000, got 29"));
  figure.width_mm = kNan;
  EXPECT_THAT(refusal(figure), HasSubstr("width_mm must be"));
  figure.width_mm = 30;
  EXPECT_EQ(refusal(figure), "");
}

TEST(PlotTest, RefusesColumnsThatDoNotBelongTogether) {
  Series one = test::series("loss", {1, 2, 3});
  one.x.pop_back();
  EXPECT_THAT(refusal(figure_of({one})), HasSubstr("'loss' has 2 numbers in x and 3 in y"));
  one = test::series("loss", {1, 2, 3});
  one.lower = {1, 2, 3};
  EXPECT_THAT(refusal(figure_of({one})), HasSubstr("lower side of a band without an upper one"));
}

TEST(PlotTest, RefusesFormatsAndResolutionsThatDoNotExist) {
  EXPECT_THAT(refusal(test::bands(), "pgn"), HasSubstr("did you mean 'png'?"));
  EXPECT_THAT(refusal(test::bands(), "png", 0), HasSubstr("dpi must be"));
}

}  // namespace
}  // namespace orrery::plots
