#include "renderers/plots/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>

#include "renderers/plots/palette.h"
#include "runtime/core/error.h"
#include "tests/files/places.h"

namespace orrery::plots {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

ParallelFigure swept_figure() {
  ParallelFigure figure{.title = "6 runs", .caption = "Each line is a run.", .best = 0};
  figure.coordinates = {{.axis = {.label = "act"}, .categories = {"relu", "tanh"}},
                        {.axis = {.label = "width"}},
                        {.axis = {.label = "lr", .scale = Scale::log}},
                        {.axis = {.label = "val_loss"}}};
  figure.courses = {{"best", {0, 64, 0.01, 0.2}},
                    {"second", {0, 32, 0.02, 0.5}},
                    {"third", {1, 64, 0.1, 0.9}},
                    {"broken", {1, 16, 0.3, 1.1}, false},
                    {"diverged", {1, 16, 1, kNoValue}, true},
                    {"bare", {0, kNoValue, 0.001, 1.4}}};
  return figure;
}

Plot laid_out_parallel(const ParallelFigure& figure) {
  Fonts fonts;
  return lay_out(figure, PlotTheme{}, fonts);
}

std::vector<Mark> parallel_marks(const Plot& plot, const std::string& role) {
  std::vector<Mark> found;
  std::copy_if(plot.marks.begin(), plot.marks.end(), std::back_inserter(found),
               [&](const Mark& mark) { return mark.role == role; });
  return found;
}

std::string parallel_refusal(const ParallelFigure& figure) {
  try {
    laid_out_parallel(figure);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

double lightness_of(Color color) { return 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue; }

}  // namespace

TEST(ParallelTest, EveryCourseIsALineFromAxisToAxis) {
  const Plot plot = laid_out_parallel(swept_figure());
  const auto courses = parallel_marks(plot, "course");
  ASSERT_EQ(courses.size(), 5u);
  for (const Mark& course : courses) EXPECT_EQ(course.points.size(), 4u);
  EXPECT_EQ(parallel_marks(plot, "axis").size(), 4u);
}

TEST(ParallelTest, TheBestLiesOnAllOthersWithAMarkAtEachAxis) {
  const Plot plot = laid_out_parallel(swept_figure());
  ASSERT_EQ(parallel_marks(plot, "best").size(), 1u);
  EXPECT_EQ(parallel_marks(plot, "best value").size(), 4u);
  const auto place_of = [&](const std::string& role) {
    return std::find_if(plot.marks.rbegin(), plot.marks.rend(),
                        [&](const Mark& m) { return m.role == role; });
  };
  EXPECT_LT(place_of("best"), place_of("course"));
  EXPECT_GT(parallel_marks(plot, "best")[0].stroke.width, parallel_marks(plot, "course")[0].stroke.width);
  ParallelFigure none = swept_figure();
  none.best = -1;
  EXPECT_TRUE(parallel_marks(laid_out_parallel(none), "best").empty());
}

TEST(ParallelTest, BetterIsDarker) {
  ParallelFigure figure = swept_figure();
  figure.best = -1;
  // The worst is drawn first, those without an outcome before it.
  auto courses = parallel_marks(laid_out_parallel(figure), "course");
  EXPECT_LT(lightness_of(courses.back().stroke.color), lightness_of(courses[1].stroke.color));
  figure.rising = true;
  courses = parallel_marks(laid_out_parallel(figure), "course");
  EXPECT_LT(lightness_of(courses.back().stroke.color), lightness_of(courses[1].stroke.color));
}

TEST(ParallelTest, WhatIsNotDoneIsDashedAndCounted) {
  const Plot plot = laid_out_parallel(swept_figure());
  const auto courses = parallel_marks(plot, "course");
  EXPECT_EQ(
      std::count_if(courses.begin(), courses.end(), [](const Mark& m) { return !m.stroke.dashes.empty(); }),
      1);
  const auto legend = parallel_marks(plot, "legend");
  ASSERT_EQ(legend.size(), 2u);
  EXPECT_EQ(legend[1].text, "not done (1)");
}

TEST(ParallelTest, WhatHasNoValuePassesBelowTheAxis) {
  const Plot plot = laid_out_parallel(swept_figure());
  const double end = parallel_marks(plot, "axis")[1].points[0].y;
  const auto labels = parallel_marks(plot, "tick label");
  EXPECT_EQ(std::count_if(labels.begin(), labels.end(), [](const Mark& m) { return m.text == "none"; }), 2);
  int below = 0;
  for (const Mark& course : parallel_marks(plot, "course"))
    for (const Point& point : course.points) below += point.y > end + 5;
  EXPECT_EQ(below, 2);
  ParallelFigure negative = swept_figure();
  negative.courses[1].values[2] = -1;  // has no place on a logarithmic axis
  for (const Mark& course : parallel_marks(laid_out_parallel(negative), "course"))
    for (const Point& point : course.points) below += point.y > end + 5;
  EXPECT_EQ(below, 5);
}

TEST(ParallelTest, ASettingHasTicksAtTheValuesThatWereTried) {
  const auto labels_at = [](const ParallelFigure& figure, size_t axis) {
    const Plot plot = laid_out_parallel(figure);
    const double x = parallel_marks(plot, "axis")[axis].points[0].x;
    std::vector<std::string> labels;
    for (const Mark& mark : parallel_marks(plot, "tick label"))
      if (mark.frame.right() < x && mark.frame.right() > x - 20) labels.push_back(mark.text);
    return labels;
  };
  ParallelFigure figure = swept_figure();
  for (Course& course : figure.courses) course.values[1] = course.values[1] > 30 ? 24 : 8;
  EXPECT_EQ(labels_at(figure, 1), (std::vector<std::string>{"8", "24"}));
  for (Course& course : figure.courses) course.values[2] = course.done ? 0.003 : 0.00002;
  EXPECT_EQ(labels_at(figure, 2), (std::vector<std::string>{"2×10⁻⁵", "0.003"}));
  // Four digits are shown, five are not.
  figure.courses[0].values[1] = 12.34;
  EXPECT_EQ(labels_at(figure, 1), (std::vector<std::string>{"8", "12.34", "24"}));
  figure.courses[0].values[1] = 12.345;
  EXPECT_EQ(labels_at(figure, 1),
            (std::vector<std::string>{"8", "10", "12", "14", "16", "18", "20", "22", "24"}));
  // Nor are values that lie too close.
  figure.courses[0].values[1] = 8.1;
  EXPECT_EQ(labels_at(figure, 1).size(), 9u);
}

TEST(ParallelTest, ALongTitleTakesWhatItsNeighboursLeave) {
  ParallelFigure figure = swept_figure();
  figure.coordinates.back().axis.label = "best:val_accuracy";
  for (const Mark& title : parallel_marks(laid_out_parallel(figure), "axis title"))
    EXPECT_EQ(title.text.find("…"), std::string::npos) << title.text;
}

TEST(ParallelTest, LinesThatMeetAreSpreadInTheOrderOfTheirOutcome) {
  ParallelFigure figure = swept_figure();
  figure.courses = {{"a", {0, 64, 0.1, 0.2}}, {"b", {0, 64, 0.1, 0.9}}, {"c", {0, 64, 0.1, 0.5}}};
  figure.best = -1;
  auto courses = parallel_marks(laid_out_parallel(figure), "course");  // b, c, a
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_LT(courses[0].points[i].y, courses[1].points[i].y);
    EXPECT_LT(courses[1].points[i].y, courses[2].points[i].y);
    EXPECT_LT(courses[2].points[i].y - courses[0].points[i].y, 13);
  }
}

TEST(ParallelTest, EverythingLiesOnThePage) {
  for (const double width : {0.0, 100.0, 200.0}) {
    ParallelFigure figure = swept_figure();
    figure.width_mm = width;
    figure.coordinates[1].axis.label = std::string(300, 'w');
    const Plot plot = laid_out_parallel(figure);
    if (width > 0) {
      EXPECT_NEAR(plot.page.width, width * 72 / 25.4, 1e-6);
    }
    for (const Mark& mark : plot.marks) {
      if (mark.kind == Mark::Kind::text) {
        EXPECT_GE(mark.frame.x, 0) << mark.text;
        EXPECT_LE(mark.frame.right(), plot.page.width) << mark.text;
        EXPECT_LE(mark.frame.bottom(), plot.page.height) << mark.text;
      }
      for (const Point& point : mark.points) {
        EXPECT_TRUE(point.x >= 0 && point.x <= plot.page.width) << mark.role;
        EXPECT_TRUE(point.y >= 0 && point.y <= plot.page.height) << mark.role;
      }
    }
  }
}

TEST(ParallelTest, RefusesWhatDoesNotFit) {
  ParallelFigure figure = swept_figure();
  figure.coordinates.resize(1);
  EXPECT_EQ(parallel_refusal(figure), "parallel coordinates need two axes or more, got 1");
  figure = swept_figure();
  figure.coordinates.back().categories = {"a"};
  EXPECT_EQ(parallel_refusal(figure), "the last axis 'val_loss' colours the lines and must have numbers");
  figure = swept_figure();
  figure.courses[1].values.pop_back();
  EXPECT_EQ(parallel_refusal(figure), "'second' has 3 values for 4 axes");
  figure = swept_figure();
  figure.courses[1].values[0] = 2;
  EXPECT_EQ(parallel_refusal(figure), "'second' has the category 2 of 'act', which has 2");
  figure = swept_figure();
  figure.width_mm = 40;
  EXPECT_EQ(parallel_refusal(figure), "a width of 40 mm is too small for 4 axes");
  figure = swept_figure();
  figure.height_mm = 30;
  EXPECT_EQ(parallel_refusal(figure), "a height of 30 mm is too small for parallel coordinates");
}

TEST(ParallelTest, AThousandCoursesAndNoneAreDrawn) {
  ParallelFigure figure = swept_figure();
  figure.courses.clear();
  figure.best = -1;
  EXPECT_FALSE(draw_parallel(figure, "svg", 150).empty());
  for (int i = 0; i < 1000; ++i)
    figure.courses.push_back(
        {"run", {static_cast<double>(i % 2), 8.0 * (i % 7), 1e-4 * (i + 1), std::sin(i)}});
  EXPECT_LT(draw_parallel(figure, "pdf", 150).size(), 500'000u);
}

TEST(ParallelTest, ThePaletteRisesInLightness) {
  for (double share = 0; share < 1; share += 0.05)
    EXPECT_LT(lightness_of(palette_color(share)), lightness_of(palette_color(share + 0.05)));
  EXPECT_EQ(palette_color(-1), palette_color(0));
  EXPECT_EQ(palette_color(2), palette_color(1));
}

// As tests/renderers/plots/plot_golden_test.cpp.
TEST(ParallelTest, IsDrawnAsItWasFoundGood) {
  const std::string path = in_source("tests/golden/parallel_sweep.json"), now = parallel_json(swept_figure());
  if (std::getenv("ORRERY_UPDATE_GOLDENS")) std::ofstream(path) << now;
  std::ifstream file(path);
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(now, golden.str()) << path;
}

}  // namespace orrery::plots
