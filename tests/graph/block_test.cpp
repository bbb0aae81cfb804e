#include "runtime/graph/block.h"

#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

TEST(BlockTest, PortsAreTheEdgesThatCrossItsBorder) {
  Builder b;
  b.digits_net();
  const Block& features = *b.graph.root().children()[0];
  const Block::Ports ports = features.ports();
  ASSERT_EQ(ports.in.size(), 1u);
  EXPECT_EQ(ports.in[0].node->path(), "input");
  ASSERT_EQ(ports.out.size(), 1u);
  EXPECT_EQ(ports.out[0].node->path(), "features/max_pool2d");
}

TEST(BlockTest, AValueCapturedFromOutsideBecomesAPort) {
  Builder b;
  const std::vector<Value> fields = b.digits_input();
  const Value other = b.transform("tanh", {fields[0]});
  Block& block = b.graph.begin_block("join");
  b.transform("add", {b.transform("relu", {fields[0]}), other});
  b.graph.end_block();
  const Block::Ports ports = block.ports();
  ASSERT_EQ(ports.in.size(), 2u);
  EXPECT_EQ(ports.in[1], other);
}

TEST(BlockTest, AMarkedResultGoesOut) {
  Builder b;
  const Value x = b.digits_input()[0];
  Block& block = b.graph.begin_block("head");
  const Value y = b.transform("relu", {x});
  b.graph.end_block();
  EXPECT_TRUE(block.ports().out.empty());
  b.graph.use({Use::Kind::output, y, "y"});
  EXPECT_EQ(block.ports().out, std::vector<Value>{y});
}

TEST(BlockTest, GroupingMovesNodesThatNeedNotBeNeighbours) {
  Builder b;
  const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const Value one = b.apply(b.linear(64, 32), {x});
  const Value two = b.apply(b.linear(32, 10), {b.transform("relu", {one})});
  Block& block = b.graph.group("linears", {one.node, two.node});
  EXPECT_EQ(one.node->path(), "linears/linear");
  EXPECT_EQ(two.node->path(), "linears/linear_2");
  EXPECT_EQ(b.graph.nodes()[3]->path(), "relu");
  EXPECT_EQ(b.graph.state()[0].key, "linears.linear.weight");
  EXPECT_EQ(block.ports().in.size(), 2u);
  EXPECT_EQ(block.ports().out, std::vector<Value>{one});
}

TEST(BlockTest, AGroupIsNamedAsAskedOrRefused) {
  Builder b;
  const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const Value one = b.apply(b.linear(64, 32), {x});
  const Value two = b.apply(b.linear(32, 10), {one});
  const auto taken = findings_of([&] { b.graph.group("linear", {two.node}, b.next_line()); });
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].code, "name-taken");
  EXPECT_EQ(taken[0].site.line, b.line);
  EXPECT_EQ(two.node->path(), "linear_2");
  EXPECT_EQ(b.graph.group("linear", {one.node, two.node}).path(), "linear");
  EXPECT_EQ(one.node->path(), "linear/linear");
}

TEST(BlockTest, AGroupStaysInsideOneBlock) {
  Builder b;
  b.digits_net();
  const auto conv = b.graph.nodes()[1].get(), flatten = b.graph.nodes()[4].get();
  const auto across = findings_of([&] { b.graph.group("odd", {conv, flatten}); });
  ASSERT_EQ(across.size(), 1u);
  EXPECT_EQ(across[0].code, "group-across-blocks");
  EXPECT_EQ(findings_of([&] { b.graph.group("none", {}); })[0].code, "group-empty");
}

TEST(BlockTest, AbandoningForgetsNodesNamesAndHomes) {
  Builder b;
  const Value x = b.digits_input()[0];
  const LayerPtr conv = b.conv(1, 4);
  b.graph.begin_block("outer");
  b.graph.begin_block("inner");
  b.apply(conv, {x});
  b.graph.abandon_block();
  b.graph.abandon_block();
  EXPECT_EQ(b.graph.nodes().size(), 1u);
  EXPECT_EQ(conv->home(), nullptr);
  EXPECT_EQ(conv->name(), "");
  EXPECT_EQ(b.graph.begin_block("outer").path(), "outer");
}

/// What a witness of failures saw: the paths that stood in the graph, and the findings' codes.
struct Seen {
  std::vector<std::string> paths, codes;
};

std::vector<Seen> watch(Graph& graph, const std::function<void()>& build) {
  std::vector<Seen> seen;
  graph.set_witness([&](const Graph& failed, const std::vector<Finding>& findings) {
    Seen& now = seen.emplace_back();
    for (const auto& node : failed.nodes()) now.paths.push_back(node->path());
    for (const Finding& finding : findings) now.codes.push_back(finding.code);
  });
  build();
  graph.set_witness({});
  return seen;
}

TEST(BlockTest, AWitnessSeesTheRefusedNodeInItsBlockBeforeAnythingIsUndone) {
  Builder b;
  const Value x = b.digits_input()[0];
  const auto seen = watch(b.graph, [&] {
    b.graph.begin_block("features");
    b.apply(b.conv(1, 4), {x});
    EXPECT_EQ(findings_of([&] { b.apply(b.conv(3, 4), {x}); })[0].port, 0);
    EXPECT_TRUE(b.graph.failed());
    b.graph.abandon_block();
  });
  ASSERT_EQ(seen.size(), 1u) << "the block that is abandoned for it is no second failure";
  EXPECT_THAT(seen[0].paths, ::testing::ElementsAre("input", "features/conv2d", "features/conv2d_2"));
  EXPECT_THAT(seen[0].codes, ::testing::ElementsAre("shape-mismatch"));
  EXPECT_EQ(b.graph.nodes().size(), 1u);
  EXPECT_EQ(b.apply(b.conv(1, 4), {x}).node->path(), "conv2d");
  EXPECT_FALSE(b.graph.failed());
}

TEST(BlockTest, AWitnessSeesTheBlockWhoseFunctionFailedForAnotherReason) {
  Builder b;
  const Value x = b.digits_input()[0];
  const auto seen = watch(b.graph, [&] {
    b.graph.begin_block("outer");
    b.graph.begin_block("inner");
    b.apply(b.conv(1, 4), {x});
    b.graph.abandon_block();
    b.graph.abandon_block();
  });
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_THAT(seen[0].paths, ::testing::ElementsAre("input", "outer/inner/conv2d"));
  EXPECT_TRUE(seen[0].codes.empty());
}

TEST(BlockTest, ARefusedNodeIsSeenWithoutTheInputsOfOtherGraphs) {
  Builder b, other;
  const Value x = b.digits_input()[0], foreign = other.digits_input()[0];
  int inputs = 0;
  b.graph.set_witness([&](const Graph& failed, const auto&) {
    for (const Value& input : failed.nodes().back()->inputs()) inputs += input ? 1 : 0;
  });
  EXPECT_EQ(findings_of([&] { b.transform("add", {x, foreign}); })[0].code, "foreign-value");
  EXPECT_EQ(inputs, 1);
}

TEST(BlockTest, ContainsItselfAndWhatIsInside) {
  Builder b;
  Block& outer = b.graph.begin_block("outer");
  Block& inner = b.graph.begin_block("inner");
  EXPECT_TRUE(outer.contains(inner));
  EXPECT_TRUE(outer.contains(outer));
  EXPECT_FALSE(inner.contains(outer));
  EXPECT_TRUE(b.graph.root().contains(inner));
}

}  // namespace
}  // namespace orrery
