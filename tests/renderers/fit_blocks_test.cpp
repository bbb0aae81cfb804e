#include "renderers/fit_blocks.h"

#include <gtest/gtest.h>

#include "renderers/render.h"
#include "runtime/core/error.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/layout_checks.h"

namespace orrery {
namespace {

using test::Sketcher;

/// What a page makes of a graph.
class PageOf {
 public:
  explicit PageOf(const Graph& graph) : graph_(graph) {}

  BoxDrawing fit(const PageWish& page, const FitChoices& choices = {{Direction::south}, {}}) {
    const DiagramMaker make = [&](const std::vector<std::string>& shut, Direction direction) {
      return make_diagram(graph_, {.expand = choices.expanded, .collapse = shut, .direction = direction});
    };
    return fit_blocks(make, {theme_, fonts_, {}}, page, choices);
  }
  BoxDrawing on(const std::string& name) { return fit({.size = page_size(name), .name = name}); }

  const Theme& theme() const { return theme_; }

 private:
  const Graph& graph_;
  Theme theme_;
  Fonts fonts_;
};

// Equal towers of some operations with something between, so that they are no repeats.
std::unique_ptr<Graph> towers(int count, int length) {
  Sketcher s;
  const Value image = s.input({{"image", {4}}})[0];
  Value x = image;
  for (int i = 0; i < count; ++i) {
    s.graph->begin_block("tower" + std::to_string(i));
    for (int k = 0; k < length; ++k) x = s.relu(x);
    s.graph->end_block();
    x = s.apply("add", {x, image});
  }
  return std::move(s.graph);
}

int count_open(const Diagram& diagram) {
  return static_cast<int>(
      std::count_if(diagram.boxes.begin() + 1, diagram.boxes.end(),
                    [](const DiagramBox& box) { return box.kind == DiagramBox::Kind::frame; }));
}

TEST(FitBlocksTest, KeepsThePromisesOfTheLayoutOnEveryPage) {
  const std::vector<std::unique_ptr<Graph>> graphs = [] {
    std::vector<std::unique_ptr<Graph>> list;
    list.push_back(test::digits());
    list.push_back(test::resnet18());
    list.push_back(test::inception());
    list.push_back(test::unet());
    list.push_back(test::dense_block(8));
    list.push_back(test::directions());
    return list;
  }();
  for (size_t i = 0; i < graphs.size(); ++i)
    for (const std::string& name : page_names()) {
      PageOf page(*graphs[i]);
      const BoxDrawing drawing = page.on(name);
      EXPECT_EQ(test::faults(drawing.sketch), "") << "graph " << i << " on " << name;
      const double scale = scale_on(page_size(name), drawing.size);
      EXPECT_GE(scale * least_text(page.theme()), 6 - 1e-6) << "graph " << i << " on " << name;
    }
}

TEST(FitBlocksTest, OpensEqualBlocksTogetherOrOneForAll) {
  const auto graph = towers(3, 8);
  PageOf page(*graph);
  EXPECT_EQ(count_open(page.on("a4").diagram), 3);
  EXPECT_EQ(count_open(page.fit({.size = {60, 200}, .wrap = false}).diagram), 1);
}

TEST(FitBlocksTest, LeavesOpenWhatIsExpanded) {
  const auto graph = towers(3, 8);
  PageOf page(*graph);
  const PageWish narrow{.size = {60, 200}, .wrap = false};
  const Diagram diagram = page.fit(narrow, {{Direction::south}, {"tower2"}}).diagram;
  EXPECT_EQ(count_open(diagram), 1);
  for (const DiagramBox& box : diagram.boxes)
    EXPECT_EQ(box.kind == DiagramBox::Kind::frame && box.parent == 0, box.path == "tower2") << box.path;
}

// A chain without blocks, on pages of which the first has room for it as it is.
TEST(FitBlocksTest, PutsBoxesCloserOnlyWhereNothingElseHelps) {
  Sketcher s;
  Value x = s.input({{"image", {4}}})[0];
  for (int i = 0; i < 20; ++i) x = s.relu(x);
  PageOf page(*s.graph);
  const auto on = [&](double height) {
    BoxDrawing drawing = page.fit({.size = {60, height}, .wrap = false});
    EXPECT_EQ(test::faults(drawing.sketch), "");
    return drawing;
  };
  const double usual = Theme().spacing.rank;
  EXPECT_EQ(on(240).sketch.spacing.rank, usual);
  EXPECT_LT(on(185).sketch.spacing.rank, usual);
  EXPECT_LE(on(185).size.height, 185 * kPointsPerMillimetre / 6 * least_text(page.theme()));
  EXPECT_THROW(on(140), Error);
}

TEST(FitBlocksTest, TakesTheDirectionInWhichMoreIsOpen) {
  const auto graph = towers(1, 4);
  PageOf page(*graph);
  const PageWish low{.size = {200, 40}, .wrap = false};
  EXPECT_EQ(count_open(page.fit(low, {{Direction::south, Direction::east}, {}}).diagram), 1);
  EXPECT_EQ(page.fit(low, {{Direction::south, Direction::east}, {}}).diagram.boxes[0].direction,
            Direction::east);
}

TEST(FitBlocksTest, DrawsAsLargeAsThePageAllows) {
  const auto graph = towers(1, 3);
  PageOf page(*graph);
  EXPECT_EQ(scale_on(page_size("a4"), page.on("a4").size), 1);
  const PageWish large{.size = page_size("a4"), .least_font = 13};
  EXPECT_DOUBLE_EQ(large.least_scale(page.theme()), 2);
  EXPECT_GE(scale_on(large.size, page.fit(large).size, 4), 2);
}

}  // namespace
}  // namespace orrery
