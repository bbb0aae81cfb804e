#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/passes.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::ElementsAre;
using Kind = DiagramBox::Kind;

/// Blocks in a row, each a linear layer and an addition around it.
class Row {
 public:
  Row() : h(s.input({{"x", {8}}})[0]), context(h) {}

  LayerPtr linear(int width = 8) {
    const std::vector<Attributes::Entry> options = {{"in_features", std::int64_t{8}},
                                                    {"out_features", std::int64_t{width}}};
    return s.layer("Linear", options, {h}).node->layer();
  }

  Value block(const LayerPtr& shared = nullptr, const std::string& activation = "ReLU") {
    s.graph->begin_block("block");
    Value made = shared ? s.graph->apply(shared, {h})[0]
                        : s.layer("Linear",
                                  {{"in_features", std::int64_t{8}}, {"out_features", std::int64_t{8}}}, {h});
    made = s.layer(activation, {}, {made});
    h = s.apply("add", {h, made});
    s.graph->end_block();
    return h;
  }

  Diagram diagram(const DiagramOptions& options = {}) {
    if (s.graph->uses().empty()) s.graph->use({Use::Kind::output, h, "result"});
    return make_diagram(*s.graph, options);
  }

  Sketcher s;
  Value h, context;
};

std::vector<std::string> blocks(const Diagram& diagram) {
  std::vector<std::string> titles;
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    if (diagram.boxes[i].kind == Kind::frame || diagram.boxes[i].kind == Kind::folded)
      titles.push_back(diagram.boxes[i].title);
  return titles;
}

TEST(FoldRepeatsTest, DrawsEqualBlocksInAChainOnceAndOpen) {
  Row row;
  for (int i = 0; i < 4; ++i) row.block();
  const Diagram diagram = row.diagram();
  EXPECT_THAT(blocks(diagram), ElementsAre("block … block_4 ×4"));
  EXPECT_EQ(diagram.boxes.size(), 1u + 1 + 4 + 1);  // the input, a block with its three nodes, the output
  EXPECT_EQ(diagram.boxes[2].repeat, 4);
  EXPECT_FALSE(diagram.boxes[2].shared);
}

TEST(FoldRepeatsTest, TellsSharedWeights) {
  Row row;
  const LayerPtr linear = row.linear();
  for (int i = 0; i < 3; ++i) row.block(linear, "ReLU");
  const Diagram diagram = row.diagram();
  // Each block has an activation of its own, which has no weights.
  EXPECT_THAT(blocks(diagram), ElementsAre("block … block_3 shared ×3"));
}

TEST(FoldRepeatsTest, LeavesBlocksAloneOfWhichOnlySomeShareWeights) {
  Row row;
  const LayerPtr linear = row.linear();
  row.block(linear);
  row.block(linear);
  row.block();
  EXPECT_THAT(blocks(row.diagram()), ElementsAre("block … block_2 shared ×2", "block_3"));
}

TEST(FoldRepeatsTest, ABlockThatDiffersEndsTheChain) {
  Row row;
  row.block();
  row.block();
  row.block(nullptr, "Tanh");
  row.block();
  EXPECT_THAT(blocks(row.diagram()), ElementsAre("block … block_2 ×2", "block_3", "block_4"));
}

TEST(FoldRepeatsTest, AResultThatAnotherReadsEndsTheChain) {
  Row row;
  row.block();
  const Value middle = row.block();
  row.block();
  row.h = row.s.apply("add", {row.block(), middle});
  EXPECT_THAT(blocks(row.diagram()), ElementsAre("block … block_2 ×2", "block_3 … block_4 ×2"));
}

TEST(FoldRepeatsTest, AResultThatIsMarkedAsOutputEndsTheChain) {
  Row row;
  row.s.graph->use({Use::Kind::output, row.block(), "first"});
  row.s.graph->use({Use::Kind::output, row.block(), "second"});
  EXPECT_THAT(blocks(row.diagram()), ElementsAre("block", "block_2"));
}

TEST(FoldRepeatsTest, AFindingEndsTheChain) {
  Row row;
  for (int i = 0; i < 5; ++i) row.block();
  const auto finding = test::finding("unused", "block_3/linear", Severity::warning);
  EXPECT_THAT(blocks(row.diagram({.findings = {finding}})),
              ElementsAre("block … block_2 ×2", "block_3", "block_4 … block_5 ×2"));
}

TEST(FoldRepeatsTest, FoldsOnlyWhenAsked) {
  Row row;
  row.block();
  row.block();
  EXPECT_THAT(blocks(row.diagram({.fold = false})), ElementsAre("block", "block_2"));
}

TEST(FoldRepeatsTest, AllReadTheSameFromOutside) {
  const auto titles = [](bool same) {
    Sketcher s;
    const auto in = s.input({{"x", {8}}, {"memory", {8}}, {"other", {8}}});
    Value h = in[0];
    for (int i = 0; i < 3; ++i) {
      s.graph->begin_block("layer");
      h = s.apply("add", {s.relu(h), same || i < 2 ? in[1] : in[2]});
      s.graph->end_block();
    }
    return blocks(make_diagram(*s.graph, {}));
  };
  EXPECT_THAT(titles(true), ElementsAre("layer … layer_3 ×3"));
  EXPECT_THAT(titles(false), ElementsAre("layer … layer_2 ×2", "layer_3"));
}

TEST(FoldRepeatsTest, TheFirstReadsOneValueWhereTheOthersReadOne) {
  Sketcher s;
  const auto in = s.input({{"x", {8}}, {"y", {8}}});
  Value a = in[0], b = in[1];
  for (int i = 0; i < 3; ++i) {
    s.graph->begin_block("layer");
    a = b = s.apply("add", {s.relu(a), b});
    s.graph->end_block();
  }
  EXPECT_THAT(blocks(make_diagram(*s.graph, {})), ElementsAre("layer", "layer_2 … layer_3 ×2"));
}

TEST(FoldRepeatsTest, FoldsRepeatsInsideOfRepeats) {
  Row row;
  for (int stage = 0; stage < 2; ++stage) {
    row.s.graph->begin_block("stage");
    for (int i = 0; i < 3; ++i) row.block();
    row.s.graph->end_block();
  }
  const Diagram diagram = row.diagram();
  EXPECT_THAT(blocks(diagram), ElementsAre("stage … stage_2 ×2", "block … block_3 ×3"));
  const DiagramBox& linear = diagram.boxes[4];
  EXPECT_EQ(linear.path, "stage/block/linear");
  EXPECT_EQ(linear.nodes.size(), 6u);
  EXPECT_EQ(linear.members.size(), 6u);
}

TEST(FoldRepeatsTest, FoldsShutBlocksToo) {
  Row row;
  for (int i = 0; i < 3; ++i) row.block();
  const Diagram diagram = row.diagram({.depth = 0, .parameters = true});
  EXPECT_THAT(blocks(diagram), ElementsAre("block … block_3 ×3"));
  EXPECT_EQ(diagram.boxes[2].kind, Kind::folded);
  EXPECT_EQ(diagram.boxes[2].detail, "3 × 3 operations");
  EXPECT_EQ(diagram.boxes[2].cost, "3 × 72 parameters");
}

TEST(FoldRepeatsTest, CountsSharedWeightsOnce) {
  Row row;
  const LayerPtr linear = row.linear();
  for (int i = 0; i < 3; ++i) row.block(linear);
  EXPECT_EQ(row.diagram({.depth = 0, .parameters = true}).boxes.at(3).cost, "72 parameters");
}

TEST(FoldRepeatsTest, KeepsTheStagesOfAResNet) {
  std::vector<std::string> repeated;
  for (const std::string& title : blocks(make_diagram(*test::resnet18(), {})))
    if (title.ends_with("×2")) repeated.push_back(title);
  EXPECT_THAT(repeated, ElementsAre("0 … 1 ×2"));
}

}  // namespace
}  // namespace orrery
