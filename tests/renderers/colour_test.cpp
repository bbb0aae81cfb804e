#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/overlay_of_graph.h"
#include "renderers/diagram/passes.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const DiagramBox& at_path(const Diagram& diagram, const std::string& path) {
  for (const DiagramBox& box : diagram.boxes)
    if (box.path == path) return box;
  throw std::runtime_error("no box " + path);
}

TEST(ColourTest, EqualBlocksShareATone) {
  const Diagram diagram = make_diagram(*test::resnet18(), {.fold = false, .colour = ColourBy::structure});
  EXPECT_EQ(at_path(diagram, "layer1/0").tone, at_path(diagram, "layer1/1").tone);
  EXPECT_THAT(diagram.tones, ElementsAre("layer1/0 and 1 alike"));
}

TEST(ColourTest, UniqueBlocksAndOperationsHaveNone) {
  const Diagram diagram = make_diagram(*test::resnet18(), {.fold = false, .colour = ColourBy::structure});
  EXPECT_EQ(at_path(diagram, "layer2/0").tone, DiagramBox::kNeutral);
  EXPECT_EQ(at_path(diagram, "fc").tone, DiagramBox::kNeutral);
}

TEST(ColourTest, SaysWhereNoBlocksAreAlike) {
  EXPECT_EQ(make_diagram(*test::digits(), {.colour = ColourBy::structure}).no_tones,
            "no two blocks here are alike");
  EXPECT_EQ(make_diagram(*test::resnet18(), {.colour = ColourBy::structure}).no_tones, "");
}

TEST(ColourTest, AFoldedChainHasATone) {
  const Diagram diagram = make_diagram(*test::resnet18(), {.colour = ColourBy::structure});
  EXPECT_EQ(at_path(diagram, "layer1/0").tone, 0);
}

TEST(ColourTest, TellsTheDeviceOfTheBlocksAround) {
  const auto graph = test::digits();
  graph->root().children()[0]->set_device("cuda:1");
  const Diagram diagram = make_diagram(*graph, {.colour = ColourBy::device});
  EXPECT_THAT(diagram.tones, ElementsAre("the run's device", "cuda:1"));
  EXPECT_EQ(at_path(diagram, "features/conv2d").tone, 1);
  EXPECT_EQ(at_path(diagram, "classifier/linear").tone, 0);
}

TEST(ColourTest, TellsDTypes) {
  const Diagram diagram = make_diagram(*test::digits(), {.colour = ColourBy::dtype});
  EXPECT_THAT(diagram.tones, ElementsAre("float32", "int64"));
}

TEST(ColourTest, KindsNeedNoTones) {
  const Diagram diagram = make_diagram(*test::digits(), {});
  EXPECT_THAT(diagram.tones, IsEmpty());
  EXPECT_EQ(diagram.boxes[1].tone, DiagramBox::kByKind);
}

Overlay overlay(std::map<std::string, double> nodes, HeatScale scale = HeatScale::linear) {
  return {.title = "Forward time", .unit = "s", .numbers = true, .scale = scale, .nodes = std::move(nodes)};
}

/// Three nodes `a`, `b`, `c` in a row.
Diagram row(const Overlay& overlay) {
  Sketcher s;
  Value x = s.input({{"image", {4}}})[0];
  for (const char* name : {"a", "b", "c"}) x = s.layer("ReLU", {}, {x}, name);
  return make_diagram(*s.graph, {.overlay = overlay});
}

std::vector<double> heats(const Diagram& diagram) {
  std::vector<double> result;
  for (const DiagramBox& box : diagram.boxes)
    if (box.heat) result.push_back(*box.heat);
  return result;
}

TEST(OverlayTest, ALinearScaleBeginsAtNothing) {
  EXPECT_THAT(heats(row(overlay({{"a", 1}, {"b", 2}, {"c", 4}}))), ElementsAre(0.25, 0.5, 1));
}

TEST(OverlayTest, ALogarithmicScaleBeginsAtTheLeast) {
  EXPECT_THAT(heats(row(overlay({{"a", 1}, {"b", 10}, {"c", 100}}, HeatScale::log))), ElementsAre(0, 0.5, 1));
  EXPECT_THAT(heats(row(overlay({{"a", 0}, {"b", 1}, {"c", 100}}, HeatScale::log))), ElementsAre(0, 0, 1));
}

TEST(OverlayTest, RanksAreEvenlySpaced) {
  EXPECT_THAT(heats(row(overlay({{"a", 1}, {"b", 2}, {"c", 1000}}, HeatScale::rank))),
              ElementsAre(0, 0.5, 1));
}

TEST(OverlayTest, OneAmountOrNothingButZerosNeedNoScale) {
  EXPECT_THAT(heats(row(overlay({{"a", 3}}, HeatScale::rank))), ElementsAre(1));
  EXPECT_THAT(heats(row(overlay({{"a", 3}}, HeatScale::log))), ElementsAre(1));
  EXPECT_THAT(heats(row(overlay({{"a", 0}, {"b", 0}}))), ElementsAre(0, 0));
}

TEST(OverlayTest, WritesAmountsAndTheLegendWithUnits) {
  const Diagram diagram = row(overlay({{"a", 0.001}, {"b", 0.002}}));
  EXPECT_EQ(at_path(diagram, "a").amount, "1 ms");
  ASSERT_TRUE(diagram.heat);
  EXPECT_EQ(diagram.heat->title, "Forward time");
  std::vector<std::string> ticks;
  for (const auto& tick : diagram.heat->ticks) ticks.push_back(tick.text);
  EXPECT_THAT(ticks, ElementsAre("0 s", "1 ms", "2 ms"));
}

TEST(OverlayTest, WhatIsNotKnownIsNeutral) {
  const Diagram diagram = row(overlay({{"a", 1}}));
  EXPECT_FALSE(at_path(diagram, "b").heat);
  EXPECT_EQ(at_path(diagram, "b").tone, DiagramBox::kNeutral);
  EXPECT_TRUE(row(overlay({{"elsewhere", 1}})).heat->ticks.empty());
}

TEST(OverlayTest, ABlockShowsItsTotalWhenShutAndItsOwnWhenAsked) {
  Overlay given{.title = "t", .unit = "s", .numbers = true};
  given.blocks = {{"features", 1}};
  given.total = {{"features", 3}};
  const auto amount = [&](int depth) {
    return at_path(make_diagram(*test::digits(), {.depth = depth, .overlay = given}), "features").amount;
  };
  EXPECT_EQ(amount(0), "3 s");
  EXPECT_EQ(amount(-1), "1 s");
  given.own = true;
  EXPECT_EQ(amount(0), "1 s");
}

TEST(OverlayTest, ARepeatedBlockShowsTheSumAndFromWhereToWhere) {
  Overlay given{.title = "t", .unit = "s", .numbers = true};
  given.total = {{"layer1/0", 1}, {"layer1/1", 3}};
  const Diagram diagram = make_diagram(*test::resnet18(), {.depth = 1, .overlay = given});
  EXPECT_EQ(at_path(diagram, "layer1/0").amount, "4 s (1 s – 3 s)");
  given.adds = false;
  const Diagram largest = make_diagram(*test::resnet18(), {.depth = 1, .overlay = given});
  EXPECT_EQ(at_path(largest, "layer1/0").amount, "3 s (1 s – 3 s)");
}

TEST(OverlayTest, RepeatsThatReadAlikeAreWrittenOnce) {
  Overlay given{.title = "t", .unit = "s", .numbers = true};
  given.total = {{"layer1/0", 2}, {"layer1/1", 2}};
  const auto amount = [&] {
    return at_path(make_diagram(*test::resnet18(), {.depth = 1, .overlay = given}), "layer1/0").amount;
  };
  EXPECT_EQ(amount(), "2 × 2 s");
  given.adds = false;
  EXPECT_EQ(amount(), "2 s");
}

TEST(OverlayTest, EachRepeatHasWhatIsFusedToIt) {
  Overlay given = overlay({{"layer1/0/conv2d", 1}, {"layer1/0/batch_norm2d", 2}, {"layer1/1/conv2d", 4}});
  const auto amount = [&] {
    return at_path(make_diagram(*test::resnet18(), {.fuse = true, .overlay = given}), "layer1/0/conv2d")
        .amount;
  };
  EXPECT_EQ(amount(), "7 s (3 s – 4 s)");
  given.nodes["layer1/0/batch_norm2d"] = 3;
  EXPECT_EQ(amount(), "2 × 4 s");
}

TEST(OverlayTest, AFusedBoxHasTheSumOfItsOperations) {
  Sketcher s;
  const Value x = s.input({{"image", {1, 8, 8}}})[0];
  s.relu(s.conv(x, 1, 4, 3, 1));
  const Diagram diagram =
      make_diagram(*s.graph, {.fuse = true, .overlay = overlay({{"conv2d", 2}, {"relu", 1}})});
  EXPECT_EQ(at_path(diagram, "conv2d").amount, "3 s");
}

TEST(GraphOverlayTest, CountsOperationsOfOneSample) {
  Sketcher s;
  const Value x = s.input({{"x", {8}}})[0];
  s.layer("Linear", {{"in_features", std::int64_t{8}}, {"out_features", std::int64_t{4}}, {"bias", false}},
          {x}, "fc");
  EXPECT_DOUBLE_EQ(flops_overlay(*s.graph).nodes.at("fc"), 64);
}

TEST(GraphOverlayTest, CountsParametersOfBlocksAndSharedOnesOnce) {
  const auto graph = test::digits();
  const Overlay overlay = parameters_overlay(*graph);
  EXPECT_DOUBLE_EQ(overlay.total.at("features"), 160);
  EXPECT_DOUBLE_EQ(overlay.total.at("classifier"), 2570);
  EXPECT_DOUBLE_EQ(overlay.total.at(""), 2730);
  EXPECT_FALSE(overlay.nodes.contains("features/relu"));
}

TEST(GraphOverlayTest, BlocksThatHaveNothingStayUncoloured) {
  EXPECT_FALSE(parameters_overlay(*test::entangled()).total.contains("odd"));
  EXPECT_TRUE(parameters_overlay(*test::digits()).total.contains("features"));
}

}  // namespace
}  // namespace orrery
