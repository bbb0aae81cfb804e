#include "renderers/page_fit.h"

#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/render.h"
#include "runtime/core/error.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::HasSubstr;
using ::testing::Not;

std::string refusal(const Graph& graph, const RenderOptions& options) {
  try {
    render(graph, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return std::string(error.what()) + " " + error.remedy();
  }
  return {};
}

std::unique_ptr<Graph> long_chain(int length) {
  Sketcher s;
  Value x = s.input({{"image", {4}}})[0];
  s.graph->begin_block("tower");
  for (int i = 0; i < length; ++i) x = s.relu(x);
  s.graph->end_block();
  s.relu(x);
  return std::move(s.graph);
}

TEST(PageFitTest, OpensWhatThereIsRoomFor) {
  EXPECT_THAT(layout_json(*long_chain(5), {.fit = "a4"}), HasSubstr("tower/relu_2"));
  EXPECT_THAT(layout_json(*long_chain(600), {.fit = "a4"}), Not(HasSubstr("tower/relu_2")));
}

TEST(PageFitTest, OpensNoMoreThanTheDepthThatIsGiven) {
  EXPECT_THAT(layout_json(*long_chain(5), {.depth = 0, .fit = "a4"}), Not(HasSubstr("tower/relu_2")));
}

TEST(PageFitTest, BreaksAChainIntoColumnsUnlessItMustNot) {
  EXPECT_THAT(layout_json(*long_chain(60), {.fit = "a4"}), HasSubstr("tower/relu_2"));
  EXPECT_THAT(layout_json(*long_chain(60), {.fit = "a4", .wrap = false}), Not(HasSubstr("tower/relu_2")));
}

TEST(PageFitTest, OpensSomeBlocksWhereNotAllHaveRoom) {
  Sketcher s;
  Value x = s.input({{"image", {4}}})[0];
  for (const auto& [name, length] : std::map<std::string, int>{{"long", 600}, {"short", 8}}) {
    s.graph->begin_block(name);
    for (int i = 0; i < length; ++i) x = s.relu(x);
    s.graph->end_block();
  }
  const std::string geometry = layout_json(*s.graph, {.fit = "ieee-column"});
  EXPECT_THAT(geometry, HasSubstr("short/relu_2"));
  EXPECT_THAT(geometry, Not(HasSubstr("long/relu_2")));
}

TEST(PageFitTest, KeepsToAHeightAlone) {
  const auto size = [](const RenderOptions& options) {
    const std::string svg = render(*long_chain(60), options);
    const auto number = [&](const std::string& name) {
      return std::stod(svg.substr(svg.find(name + "=\"") + name.size() + 2));
    };
    return Size{number("width"), number("height")};
  };
  const Size whole = size({.format = "svg", .wrap = false}), low = size({.format = "svg", .height_mm = 100});
  EXPECT_GT(whole.height, 3 * 100 * kPointsPerMillimetre);
  EXPECT_LE(low.height, 100 * kPointsPerMillimetre + 1e-3);
  EXPECT_GT(low.width, 3 * whole.width);
}

TEST(PageFitTest, OpensLessForLargerText) {
  EXPECT_THAT(layout_json(*long_chain(30), {.fit = "ieee-column", .min_font = 6}), HasSubstr("tower/relu_2"));
  EXPECT_THAT(layout_json(*long_chain(30), {.fit = "ieee-column", .min_font = 16}),
              Not(HasSubstr("tower/relu_2")));
}

TEST(PageFitTest, SaysWhatToCollapse) {
  const std::string text = refusal(*long_chain(600), {.expand = {"tower"}, .fit = "slide"});
  EXPECT_THAT(text, HasSubstr("does not fit on slide (254 × 143 mm) with text of 6 points"));
  EXPECT_THAT(text, HasSubstr("Collapse 'tower'"));
}

TEST(PageFitTest, SaysWhatElseHelpsWhenAllIsCollapsed) {
  Sketcher s;
  Value x = s.input({{"image", {4}}})[0];
  for (int i = 0; i < 600; ++i) x = s.relu(x);
  EXPECT_THAT(refusal(*s.graph, {.fit = "a4"}),
              HasSubstr("All blocks are collapsed, and 601 boxes are left"));
}

TEST(PageFitTest, NeverEnlargesAndNeverExceedsThePage) {
  const PageSize page = page_size("ieee-column");
  EXPECT_EQ(scale_on(page, {10, 10}), 1);
  EXPECT_NEAR(scale_on(page, {88.9 * kPointsPerMillimetre, 10}), 1, 1e-9);
  EXPECT_NEAR(scale_on(page, {2 * 88.9 * kPointsPerMillimetre, 10}), 0.5, 1e-9);
  EXPECT_NEAR(scale_on(page, {10, 4 * 241.3 * kPointsPerMillimetre}), 0.25, 1e-9);
}

TEST(PageFitTest, RefusesUnknownPagesAndTwoSizes) {
  EXPECT_THAT(refusal(*test::digits(), {.fit = "a5"}), HasSubstr("fit must be one of 'a4', 'ieee-column'"));
  EXPECT_THAT(refusal(*test::digits(), {.fit = "a4", .width_mm = 80}), HasSubstr("either fit or width_mm"));
  EXPECT_THAT(refusal(*test::digits(), {.fit = "a4", .height_mm = 80}), HasSubstr("either fit or width_mm"));
  EXPECT_THAT(refusal(*long_chain(600), {.expand = {"tower"}, .width_mm = 84, .height_mm = 100}),
              HasSubstr("does not fit on a page of 84 × 100 mm"));
}

TEST(LegendTest, TakesRoomUnderTheDrawing) {
  const auto height = [](const RenderOptions& options) {
    const std::string svg = render(*test::digits(), options);
    const size_t at = svg.find("height=\"") + 8;
    return std::stod(svg.substr(at));
  };
  const double bare = height({.format = "svg"});
  EXPECT_GT(height({.format = "svg", .legend = true}), bare);
  EXPECT_GT(height({.format = "svg", .caption = "Figure 1. Digits."}), bare);
  EXPECT_GT(height({.format = "svg", .color = ColourBy::dtype}), bare);
}

TEST(LegendTest, BreaksACaptionIntoLines) {
  const auto height = [](const std::string& caption) {
    const std::string svg = render(*test::digits(), {.format = "svg", .caption = caption});
    return std::stod(svg.substr(svg.find("height=\"") + 8));
  };
  std::string longer;
  for (int i = 0; i < 40; ++i) longer += "many words ";
  EXPECT_GT(height(longer), height("two words") + 20);
}

TEST(ThemeRenderTest, ChangesColoursButNoPlace) {
  const RenderOptions light{.format = "svg"}, dark{.format = "svg", .theme = "dark"};
  EXPECT_NE(render(*test::digits(), light), render(*test::digits(), dark));
  for (const std::string& name : theme_names())
    EXPECT_EQ(layout_json(*test::digits(), {.theme = name}), layout_json(*test::digits(), {})) << name;
}

}  // namespace
}  // namespace orrery
