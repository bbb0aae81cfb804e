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
using ::testing::IsEmpty;
using Kind = DiagramBox::Kind;

std::vector<std::string> titles(const Diagram& diagram) {
  std::vector<std::string> result;
  for (size_t i = 1; i < diagram.boxes.size(); ++i) result.push_back(diagram.boxes[i].title);
  return result;
}

std::vector<std::string> lines(const Diagram& diagram) {
  std::vector<std::string> result;
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers)
      result.push_back(diagram.boxes[static_cast<size_t>(value.source)].title + " → " +
                       diagram.boxes[static_cast<size_t>(reader.box)].title);
  return result;
}

/// conv → norm → relu → dropout
class Layered {
 public:
  Layered() {
    x = s.input({{"image", {1, 8, 8}}})[0];
    conv = s.conv(x, 1, 4, 3, 1);
    norm = s.norm(conv, 4);
    relu = s.relu(norm);
    last = s.layer("Dropout", {}, {relu});
  }
  Diagram diagram(const DiagramOptions& options) const { return make_diagram(*s.graph, options); }

  Sketcher s;
  Value x, conv, norm, relu, last;
};

TEST(FuseTest, TellsNormActivationAndDropoutOnTheirLayer) {
  Layered net;
  const Diagram diagram = net.diagram({.fuse = true});
  ASSERT_THAT(titles(diagram), ElementsAre("image", "Conv2d"));
  EXPECT_THAT(diagram.boxes[2].after, ElementsAre("BatchNorm2d", "ReLU", "Dropout  p 0.5"));
  EXPECT_THAT(diagram.boxes[2].nodes, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(diagram.boxes[2].fused, ElementsAre("batch_norm2d", "relu", "dropout"));
}

TEST(FuseTest, LeavesAnActivationAloneWhenAnotherReadsTheLayer) {
  Layered net;
  net.s.apply("add", {net.conv, net.last});
  const Diagram diagram = net.diagram({.fuse = true});
  EXPECT_THAT(titles(diagram), ElementsAre("image", "Conv2d", "BatchNorm2d", "ReLU", "Dropout", "add"));
}

TEST(FuseTest, PutsWhatComesBeforeALayerOnItWhenNoLayerFeedsIt) {
  Sketcher s;
  const Value x = s.input({{"image", {4, 8, 8}}})[0];
  s.conv(s.relu(s.norm(x, 4)), 4, 4, 3, 1);
  const Diagram diagram = make_diagram(*s.graph, {.fuse = true});
  ASSERT_THAT(titles(diagram), ElementsAre("image", "Conv2d"));
  EXPECT_THAT(diagram.boxes[2].before, ElementsAre("BatchNorm2d", "ReLU"));
  EXPECT_THAT(lines(diagram), ElementsAre("image → Conv2d"));
}

TEST(FuseTest, DoesNotReachOverTheBorderOfABlock) {
  Sketcher s;
  const Value x = s.input({{"image", {1, 8, 8}}})[0];
  s.graph->begin_block("inside");
  const Value made = s.conv(x, 1, 4, 3, 1);
  s.graph->end_block();
  s.relu(made);
  EXPECT_THAT(titles(make_diagram(*s.graph, {.fuse = true})),
              ElementsAre("image", "inside", "Conv2d", "ReLU"));
}

TEST(FuseTest, KeepsABoxWithAFinding) {
  Layered net;
  const auto finding = test::finding("unused", "relu", Severity::warning);
  EXPECT_THAT(titles(net.diagram({.fuse = true, .findings = {finding}})),
              ElementsAre("image", "Conv2d", "ReLU", "Dropout"));
}

TEST(FuseTest, DoesNothingUnasked) { EXPECT_EQ(titles(Layered().diagram({})).size(), 5u); }

TEST(HideTest, LeadsLinesPastWhatIsHidden) {
  Layered net;
  net.s.relu(net.last);
  const Diagram diagram = net.diagram({.hide = {"norms", "dropout"}});
  EXPECT_THAT(lines(diagram), ElementsAre("image → Conv2d", "Conv2d → ReLU", "ReLU → ReLU"));
}

TEST(HideTest, TakesPathsAndPatterns) {
  Layered net;
  EXPECT_THAT(titles(net.diagram({.hide = {"relu"}})),
              ElementsAre("image", "Conv2d", "BatchNorm2d", "Dropout"));
  EXPECT_THAT(titles(net.diagram({.hide = {"*d"}})), ElementsAre("image", "ReLU", "Dropout"));
}

TEST(HideTest, TakesABlockWithAllThatIsInside) {
  const Diagram diagram = make_diagram(*test::digits(), {.hide = {"features"}});
  for (const DiagramBox& box : diagram.boxes) EXPECT_FALSE(box.path.starts_with("features")) << box.path;
  EXPECT_THAT(lines(diagram), testing::Contains("image → flatten"));
}

TEST(HideTest, HidesDataThatOnlyHiddenBoxesRead) {
  EXPECT_THAT(titles(make_diagram(*test::digits(), {})), testing::Contains("label"));
  const Diagram diagram = make_diagram(*test::digits(), {.hide = {"losses"}});
  EXPECT_THAT(titles(diagram), testing::Not(testing::Contains("label")));
  EXPECT_THAT(titles(diagram), testing::Not(testing::Contains("CrossEntropyLoss")));
}

TEST(HideTest, HidesABlockOfWhichNothingIsLeft) {
  Sketcher s;
  const Value x = s.input({{"image", {4}}})[0];
  s.graph->begin_block("gate");
  const Value gate = s.relu(x);
  s.graph->end_block();
  s.layer("Tanh", {}, {gate}, "end");
  const Diagram diagram = make_diagram(*s.graph, {.hide = {"gate/*"}});
  EXPECT_THAT(titles(diagram), ElementsAre("image", "Tanh"));
  EXPECT_THAT(lines(diagram), ElementsAre("image → Tanh"));
}

TEST(HideTest, KeepsABoxWithAFinding) {
  Layered net;
  const auto finding = test::finding("unused", "dropout", Severity::warning);
  EXPECT_THAT(titles(net.diagram({.hide = {"dropout"}, .findings = {finding}})),
              testing::Contains("Dropout"));
}

TEST(HideTest, AWordNeedsNothingToHideButAPatternDoes) {
  Layered net;
  EXPECT_EQ(titles(net.diagram({.hide = {"losses"}})).size(), 5u);
  try {
    net.diagram({.hide = {"dropuot"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_THAT(error.what(), HasSubstr("nothing fits 'dropuot' (did you mean 'dropout'?)"));
  }
}

TEST(HideTest, WhatLiesInABlockThatIsShutNeedsNoHiding) {
  Sketcher s;
  const Value x = s.input({{"image", {4}}})[0];
  s.graph->begin_block("gate");
  const Value gate = s.relu(x);
  s.graph->end_block();
  s.layer("Tanh", {}, {gate}, "end");
  EXPECT_THAT(titles(make_diagram(*s.graph, {.depth = 0, .hide = {"gate/relu"}})),
              ElementsAre("image", "gate", "Tanh"));
  EXPECT_THROW(make_diagram(*s.graph, {.depth = 0, .hide = {"gate/gelu"}}), Error);
}

TEST(NamesTest, AreLeftOutWhenUnwanted) {
  Sketcher s;
  s.layer("ReLU", {}, {s.input({{"image", {4}}})[0]}, "gate");
  EXPECT_EQ(make_diagram(*s.graph, {}).boxes[2].note, "gate");
  EXPECT_EQ(make_diagram(*s.graph, {.names = false}).boxes[2].note, "");
}

TEST(DTypesTest, StandBesideTheShapes) {
  Sketcher s;
  s.relu(s.input({{"image", {4}}})[0]);
  EXPECT_EQ(make_diagram(*s.graph, {.dtypes = true}).values[0].label, "N×4 float32");
  EXPECT_EQ(make_diagram(*s.graph, {.shapes = false, .dtypes = true}).values[0].label, "float32");
}

}  // namespace
}  // namespace orrery
