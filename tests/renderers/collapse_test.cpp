#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/passes.h"
#include "runtime/core/error.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = DiagramBox::Kind;

std::vector<std::string> paths(const Diagram& diagram, Kind kind) {
  std::vector<std::string> result;
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    if (diagram.boxes[i].kind == kind) result.push_back(diagram.boxes[i].path);
  return result;
}

std::vector<std::string> open_blocks(const DiagramOptions& options) {
  return paths(make_diagram(*test::resnet18(), options), Kind::frame);
}

std::string refusal(const DiagramOptions& options) {
  try {
    make_diagram(*test::digits(), options);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.what();
  }
  return {};
}

TEST(CollapseTest, APathExpandsABlockBelowTheDepth) {
  EXPECT_THAT(open_blocks({.depth = 0, .expand = {"layer2"}, .fold = false}), ElementsAre("layer2"));
}

TEST(CollapseTest, WhatIsExpandedOpensTheBlocksAroundIt) {
  EXPECT_THAT(open_blocks({.depth = 0, .expand = {"layer2/1"}, .fold = false}),
              ElementsAre("layer2", "layer2/1"));
}

TEST(CollapseTest, APathCollapsesABlock) {
  const Diagram diagram = make_diagram(*test::digits(), {.collapse = {"features"}});
  EXPECT_THAT(paths(diagram, Kind::folded), ElementsAre("features"));
  EXPECT_THAT(paths(diagram, Kind::frame), ElementsAre("classifier"));
}

TEST(CollapseTest, AStarStandsForAnyCharacters) {
  const Diagram diagram = make_diagram(*test::resnet18(), {.collapse = {"layer*/0"}, .fold = false});
  EXPECT_THAT(paths(diagram, Kind::folded), ElementsAre("layer1/0", "layer2/0", "layer3/0", "layer4/0"));
}

TEST(CollapseTest, APathGoesBeforeAPatternAndExpandingBeforeCollapsing) {
  const auto folded = [](const DiagramOptions& options) {
    return paths(make_diagram(*test::digits(), options), Kind::folded);
  };
  EXPECT_THAT(folded({.expand = {"features"}, .collapse = {"*"}}), ElementsAre("classifier"));
  EXPECT_THAT(folded({.expand = {"*"}, .collapse = {"features"}}), ElementsAre("features"));
  EXPECT_THAT(folded({.expand = {"f*"}, .collapse = {"*"}}), ElementsAre("classifier"));
  EXPECT_THAT(folded({.expand = {"features"}, .collapse = {"features"}}), ElementsAre());
}

TEST(CollapseTest, ExpandingGoesBeforeACue) {
  const auto graph = test::digits();
  graph->root().children()[0]->cue().collapse = true;
  EXPECT_THAT(paths(make_diagram(*graph, {}), Kind::folded), ElementsAre("features"));
  EXPECT_THAT(paths(make_diagram(*graph, {.expand = {"features"}}), Kind::folded), ElementsAre());
}

TEST(CollapseTest, RefusesWhatFitsNoBlock) {
  EXPECT_THAT(refusal({.expand = {"featrues"}}),
              HasSubstr("expand: no block is called 'featrues' (did you mean 'features'?)"));
  EXPECT_THAT(refusal({.collapse = {"layer*"}}), HasSubstr("collapse: no block fits 'layer*'"));
  EXPECT_EQ(refusal({.collapse = {"f*"}}), "");
}

// Two blocks, of which the second reads two values of the first.
std::unique_ptr<Graph> two_between() {
  Sketcher s;
  const Value x = s.input({{"image", {4}}})[0];
  s.graph->begin_block("first");
  const Value a = s.relu(x), b = s.layer("Tanh", {}, {x});
  s.graph->end_block();
  s.graph->begin_block("second");
  const Value sum = s.apply("add", {a, b});
  s.graph->end_block();
  s.graph->use({Use::Kind::output, s.apply("add", {sum, a}), "sum"});
  return std::move(s.graph);
}

TEST(BundleTest, MakesOneLineOfSeveralBetweenFoldedBlocks) {
  const Diagram diagram = make_diagram(*two_between(), {.depth = 0});
  std::vector<std::string> between, others;
  for (const DiagramValue& value : diagram.values) (value.node < 0 ? between : others).push_back(value.label);
  EXPECT_THAT(between, ElementsAre("2 values, N×32 B"));
  EXPECT_THAT(others, ElementsAre("N×4", "N×4", "N×4", ""));
}

TEST(BundleTest, CountsWhatALineStandsFor) {
  const Diagram diagram = make_diagram(*two_between(), {.depth = 0});
  for (const DiagramValue& value : diagram.values)
    if (value.node < 0) {
      ASSERT_EQ(value.readers.size(), 1u);
      EXPECT_EQ(value.readers[0].count, 2);
    }
}

TEST(BundleTest, LeavesALineToAnOpenBlockAlone) {
  const Diagram diagram = make_diagram(*two_between(), {.collapse = {"first"}});
  for (const DiagramValue& value : diagram.values) EXPECT_GE(value.node, 0);
}

}  // namespace
}  // namespace orrery
