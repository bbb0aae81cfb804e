#include "renderers/diagram/diff_diagram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/render.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Change = GraphDiff::Kind;
using Kind = DiagramBox::Kind;

/// Convolutions in two blocks: the first of so large a kernel, the second with a norm or not, an activation
/// that may have another name, and a third block that is always the same.
std::shared_ptr<Graph> stages(int kernel, bool with_norm, const std::string& second = "body") {
  Sketcher s("stages");
  Value x = s.input({{"image", {3, 16, 16}}})[0];
  s.graph->begin_block("stem");
  x = s.relu(s.conv(x, 3, 8, kernel, kernel / 2));
  s.graph->end_block();
  s.graph->begin_block(second);
  x = s.conv(x, 8, 8, 3, 1);
  if (with_norm) x = s.norm(x, 8);
  x = s.relu(x);
  s.graph->end_block();
  s.graph->begin_block("tail");
  x = s.relu(s.conv(x, 8, 4, 3, 1));
  s.graph->end_block();
  s.graph->use({Use::Kind::output, x, "y"});
  return std::move(s.graph);
}

const DiagramBox& box_at(const Diagram& diagram, const std::string& path) {
  for (const DiagramBox& box : diagram.boxes)
    if (box.path == path) return box;
  throw std::runtime_error("no box " + path);
}

Diagram compared(const Graph& before, const Graph& after, const DiffDiagramOptions& options = {}) {
  return make_diff_diagram(before, after, options);
}

/// The changes of lines from one box to another; `-` where there is none.
std::string line(const Diagram& diagram, const std::string& from, const std::string& to) {
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers)
      if (diagram.boxes[static_cast<size_t>(value.source)].path == from &&
          diagram.boxes[static_cast<size_t>(reader.box)].path == to)
        return std::string(name(reader.change));
  return "-";
}

TEST(DiffDiagramTest, MarksWhatWasChangedWithBothValues) {
  const Diagram diagram = compared(*stages(3, false), *stages(5, false));
  EXPECT_EQ(box_at(diagram, "stem/conv2d").change, Change::changed);
  EXPECT_THAT(box_at(diagram, "stem/conv2d").changes, ElementsAre("kernel size 3 → 5", "padding 1 → 2"));
  EXPECT_EQ(box_at(diagram, "stem/relu").change, Change::same);
}

TEST(DiffDiagramTest, ShutsBlocksWithoutAChange) {
  const auto before = stages(3, false), after = stages(5, false);
  EXPECT_EQ(box_at(compared(*before, *after), "tail").kind, Kind::folded);
  EXPECT_EQ(box_at(compared(*before, *after), "stem").kind, Kind::frame);
  EXPECT_EQ(box_at(compared(*before, *after, {.all = true}), "tail").kind, Kind::frame);
  EXPECT_EQ(box_at(compared(*before, *after, {.diagram = {.expand = {"tail"}}}), "tail").kind, Kind::frame);
}

TEST(DiffDiagramTest, ALayerBetweenHasNewLinesAndLeavesTheDirectOneOut) {
  const Diagram diagram = compared(*stages(3, false), *stages(3, true));
  EXPECT_EQ(box_at(diagram, "body/batch_norm2d").change, Change::added);
  EXPECT_EQ(line(diagram, "body/conv2d", "body/batch_norm2d"), "added");
  EXPECT_EQ(line(diagram, "body/batch_norm2d", "body/relu"), "added");
  EXPECT_EQ(line(diagram, "body/conv2d", "body/relu"), "-");
}

TEST(DiffDiagramTest, ALayerThatWentAwayStaysWithItsLines) {
  const Diagram diagram = compared(*stages(3, true), *stages(3, false));
  EXPECT_EQ(box_at(diagram, "body/batch_norm2d").change, Change::removed);
  EXPECT_EQ(line(diagram, "body/conv2d", "body/batch_norm2d"), "removed");
  EXPECT_EQ(line(diagram, "body/batch_norm2d", "body/relu"), "removed");
  EXPECT_EQ(line(diagram, "body/conv2d", "body/relu"), "same");
}

TEST(DiffDiagramTest, ParentsComeBeforeTheirContents) {
  const Diagram diagram = compared(*stages(3, true), *stages(3, false), {.all = true});
  for (size_t i = 1; i < diagram.boxes.size(); ++i) {
    EXPECT_LT(diagram.boxes[i].parent, static_cast<int>(i));
    EXPECT_GE(diagram.boxes[i].parent, 0);
  }
}

TEST(DiffDiagramTest, AnotherNameIsToldOnTheBlock) {
  const Diagram diagram = compared(*stages(3, true), *stages(3, true, "trunk"));
  EXPECT_EQ(box_at(diagram, "trunk").change, Change::changed);
  EXPECT_THAT(box_at(diagram, "trunk").changes, ElementsAre("was body"));
}

TEST(DiffDiagramTest, AShutBlockTellsHowMuchInItChanged) {
  const Diagram diagram = compared(*stages(3, false), *stages(5, true), {.diagram = {.depth = 0}});
  EXPECT_EQ(box_at(diagram, "stem").change, Change::changed);
  EXPECT_THAT(box_at(diagram, "stem").changes, ElementsAre("~1"));
  EXPECT_THAT(box_at(diagram, "body").changes, ElementsAre("+1"));
  EXPECT_EQ(box_at(diagram, "tail").change, Change::same);
}

TEST(DiffDiagramTest, CountsOperationsForTheLegend) {
  const Diagram diagram = compared(*stages(3, false), *stages(5, true));
  ASSERT_TRUE(diagram.diff);
  EXPECT_EQ(diagram.diff->added, 1);
  EXPECT_EQ(diagram.diff->removed, 0);
  EXPECT_EQ(diagram.diff->changed, 1);
  EXPECT_EQ(diagram.diff->same, 6);
}

TEST(DiffDiagramTest, MakesOneBoxOfAChainWithoutChanges) {
  const auto build = [](int kernel) {
    Sketcher s;
    Value x = s.input({{"image", {4, 16, 16}}})[0];
    for (int i = 0; i < 4; ++i) x = s.relu(s.conv(x, 4, 4, 3, 1));
    x = s.conv(x, 4, 4, kernel, kernel / 2);
    s.graph->use({Use::Kind::output, x, "y"});
    return std::move(s.graph);
  };
  const auto before = build(3), after = build(5);
  const Diagram diagram = compared(*before, *after);
  // The chain of eight but for the neighbour of the change.
  EXPECT_EQ(box_at(diagram, "conv2d").detail, "7 operations");
  EXPECT_EQ(box_at(diagram, "relu_4").kind, Kind::operation);
  EXPECT_EQ(compared(*before, *after, {.all = true}).boxes.size(), 12u);
}

TEST(DiffDiagramTest, ChangesAreNeitherFusedNorHidden) {
  const Diagram diagram =
      compared(*stages(3, false), *stages(3, true), {.diagram = {.hide = {"norms"}, .fuse = true}});
  EXPECT_EQ(box_at(diagram, "body/batch_norm2d").change, Change::added);
}

TEST(DiffDiagramTest, EqualChangesInEqualBlocksAreDrawnOnce) {
  const auto build = [](int kernel) {
    Sketcher s;
    Value x = s.input({{"image", {4, 16, 16}}})[0];
    for (int i = 0; i < 3; ++i) {
      s.graph->begin_block("layer");
      x = s.relu(s.conv(x, 4, 4, kernel, kernel / 2));
      s.graph->end_block();
    }
    s.graph->use({Use::Kind::output, x, "y"});
    return std::move(s.graph);
  };
  const Diagram diagram = compared(*build(3), *build(5));
  EXPECT_EQ(box_at(diagram, "layer").repeat, 3);
  EXPECT_EQ(box_at(diagram, "layer/conv2d").change, Change::changed);
}

TEST(DiffDiagramTest, ColoursTellByHowMuchAQuantityGrew) {
  const auto before = stages(3, true), after = stages(3, false);
  Overlay old{.title = "Time", .unit = "s"}, now = old;
  old.total = {{"stem", 1}, {"body", 3}, {"tail", 2}};
  now.total = {{"stem", 2}, {"body", 1}, {"tail", 2}};
  now.numbers = true;
  const Diagram diagram = compared(*before, *after, {.diagram = {.depth = 0, .overlay = now}, .before = old});
  EXPECT_EQ(box_at(diagram, "stem").amount, "+1 s");
  EXPECT_EQ(box_at(diagram, "body").amount, "−2 s");
  EXPECT_EQ(box_at(diagram, "stem").heat, 0.75);
  EXPECT_EQ(box_at(diagram, "body").heat, 0);
  EXPECT_EQ(box_at(diagram, "tail").heat, 0.5);
  ASSERT_TRUE(diagram.heat);
  EXPECT_TRUE(diagram.heat->delta);
  EXPECT_EQ(diagram.heat->ticks.front().text, "−2 s");
  EXPECT_EQ(diagram.heat->ticks.back().text, "+2 s");
}

TEST(DiffDiagramTest, WhatWentAwayHasLostItsAmount) {
  const auto before = stages(3, true), after = stages(3, false);
  Overlay old{.title = "Time", .unit = "s", .nodes = {{"body/batch_norm2d", 3}, {"body/relu", 1}}};
  Overlay now{.title = "Time", .unit = "s", .numbers = true, .nodes = {{"body/relu", 2}}};
  const Diagram diagram = compared(*before, *after, {.diagram = {.overlay = now}, .before = old});
  EXPECT_EQ(box_at(diagram, "body/batch_norm2d").amount, "−3 s");
  EXPECT_EQ(box_at(diagram, "body/relu").amount, "+1 s");
}

TEST(DiffDiagramTest, DrawsMarksDashesAndALegend) {
  RenderOptions options{.format = "dot"};
  options.comparison = Comparison{stages(3, true)};
  const std::string dot = render(*stages(5, false), options);
  EXPECT_THAT(dot, HasSubstr("− BatchNorm2d"));
  EXPECT_THAT(dot, HasSubstr("~ Conv2d"));
  EXPECT_THAT(dot, HasSubstr("style=dashed"));
  EXPECT_THAT(dot, Not(HasSubstr("+ ")));
}

TEST(DiffDiagramTest, IsForBoxesAlone) {
  RenderOptions options{.style = "lenet"};
  options.comparison = Comparison{stages(3, true)};
  EXPECT_THROW(render(*stages(5, false), options), Error);
}

TEST(ChangeTextTest, ReadsAsOneWouldSayIt) {
  EXPECT_EQ(change_text({"kernel_size", "[3,3]", "[5,3]"}), "kernel size 3 → 5×3");
  EXPECT_EQ(change_text({"bias", "true", "false"}), "bias yes → no");
  EXPECT_EQ(change_text({"p", "0.5", ""}), "p 0.5 → none");
  EXPECT_EQ(change_text({"shape of x", R"(["N",1,28])", R"(["N",3,28])"}), "shape of x N×1×28 → N×3×28");
  EXPECT_EQ(change_text({"operation", "ReLU", "GELU"}), "was ReLU");
}

}  // namespace
}  // namespace orrery
