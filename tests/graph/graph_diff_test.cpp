#include "runtime/graph/graph_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = GraphDiff::Kind;
using Change = GraphDiff::Change;

/// Layers in a row, in blocks where a name is given: `{"Linear", 8}` gives as many features as it takes.
class Row {
 public:
  Row() {
    const Dim n = Dim::symbol("N");
    x_ = b_.graph.input({{{"x", {{n, 8}, DType::float32}, false}}, {}, "{}"}, b_.next_line())[0];
  }
  Row& linear(std::int64_t out = 8, const std::string& name = {}) {
    const LayerPtr layer = b_.linear(x_.shape().back().value(), out);
    if (!name.empty()) layer->name_by_user(name);
    x_ = b_.apply(layer, {x_});
    return *this;
  }
  Row& apply(const std::string& operation) {
    x_ = b_.transform(operation, {x_});
    return *this;
  }
  Row& dropout(double p) {
    x_ = b_.apply("Dropout", {{"p", p}}, {x_});
    return *this;
  }
  Row& begin(const std::string& block) { return b_.graph.begin_block(block), *this; }
  Row& end() { return b_.graph.end_block(), *this; }
  Row& output(const std::string& name) {
    b_.graph.use({Use::Kind::output, x_, name});
    return *this;
  }
  const Graph& graph() const { return b_.graph; }

 private:
  Builder b_{"row"};
  Value x_;
};

std::vector<std::string> paths_of_kind(const std::vector<GraphDiff::Entry>& entries, Kind kind) {
  std::vector<std::string> result;
  for (const auto& entry : entries)
    if (entry.kind == kind) result.push_back(entry.path);
  return result;
}

const GraphDiff::Entry& only_changed(const GraphDiff& found) {
  const auto changed = [](const auto& entry) { return entry.kind == Kind::changed; };
  EXPECT_EQ(std::ranges::count_if(found.nodes, changed), 1);
  return *std::ranges::find_if(found.nodes, changed);
}

GraphDiff diff_of(const Row& before, const Row& after) { return diff(before.graph(), after.graph()); }

TEST(GraphDiffTest, AGraphIsTheSameAsItself) {
  Row row;
  row.begin("body").linear().apply("relu").end().output("y");
  const GraphDiff found = diff_of(row, row);
  for (const auto* entries : {&found.blocks, &found.nodes, &found.outputs})
    for (const auto& entry : *entries) EXPECT_EQ(entry.kind, Kind::same) << entry.path;
}

TEST(GraphDiffTest, ALayerInTheMiddleLeavesTheRestTheSame) {
  Row before, after;
  before.linear().apply("relu").linear().apply("relu").linear(2);
  after.linear().apply("relu").dropout(0.3).linear().apply("relu").linear(2);
  const GraphDiff found = diff_of(before, after);
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::added), ElementsAre("dropout"));
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::removed), IsEmpty());
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::changed), IsEmpty());
}

TEST(GraphDiffTest, CountedNamesThatMoveOnAreNoChange) {
  Row before, after;
  before.linear(4).linear(2);
  after.linear(16).linear(4).linear(2);
  const GraphDiff found = diff_of(before, after);
  EXPECT_EQ(paths_of_kind(found.nodes, Kind::added).size(), 1u);
  for (const auto& entry : found.nodes)
    for (const Change& change : entry.changes) EXPECT_NE(change.what, "name") << entry.path;
}

TEST(GraphDiffTest, ARenamedBlockHasTheSameContents) {
  Row before, after;
  before.begin("encoder").linear().apply("relu").linear(4).end().linear(2);
  after.begin("backbone").linear().apply("relu").linear(4).end().linear(2);
  const GraphDiff found = diff_of(before, after);
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::same),
              ElementsAre("input", "backbone/linear", "backbone/relu", "backbone/linear_2", "linear"));
  EXPECT_THAT(paths_of_kind(found.blocks, Kind::changed), ElementsAre("backbone"));
  EXPECT_THAT(found.blocks[1].changes, ElementsAre(Change{"name", "encoder", "backbone"}));
}

TEST(GraphDiffTest, ABlockAroundLayersAddsTheBlockAlone) {
  Row before, after;
  before.linear().apply("relu").linear(4);
  after.begin("body").linear().apply("relu").end().linear(4);
  const GraphDiff found = diff_of(before, after);
  EXPECT_THAT(paths_of_kind(found.blocks, Kind::added), ElementsAre("body"));
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::added), IsEmpty());
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::removed), IsEmpty());
}

TEST(GraphDiffTest, ABlockInsideAnotherOneIsFoundByItsContents) {
  Row before, after;
  before.begin("stage").linear(16).apply("relu").linear(8).end().apply("tanh");
  after.begin("net").begin("part").linear(16).apply("relu").linear(8).end().end().apply("tanh");
  const GraphDiff found = diff_of(before, after);
  EXPECT_THAT(paths_of_kind(found.blocks, Kind::removed), IsEmpty());
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::added), IsEmpty());
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::removed), IsEmpty());
}

TEST(GraphDiffTest, TellsOptionsWithTheDefaultOfOneSide) {
  Row before, after;
  before.dropout(0.5);
  after.dropout(0.2);
  EXPECT_THAT(only_changed(diff_of(before, after)).changes, ElementsAre(Change{"p", "0.5", "0.2"}));
}

TEST(GraphDiffTest, AnOperationInThePlaceOfAnotherHasChanged) {
  Row before, after;
  before.linear().apply("relu").linear(2);
  after.linear().apply("tanh").linear(2);
  const GraphDiff found = diff_of(before, after);
  EXPECT_THAT(only_changed(found).changes, ElementsAre(Change{"operation", "relu", "tanh"}));
  EXPECT_EQ(only_changed(found).path, "tanh");
}

TEST(GraphDiffTest, ANameThatSomebodyGaveIsAChange) {
  Row before, after;
  before.linear(2, "head");
  after.linear(2, "classifier");
  EXPECT_THAT(only_changed(diff_of(before, after)).changes,
              ElementsAre(Change{"name", "head", "classifier"}));
}

TEST(GraphDiffTest, TellsAnotherInputByItsPath) {
  const auto build = [](bool skips) {
    auto b = std::make_unique<Builder>("skip");
    const Value x = b->graph.input({{{"x", {{Dim::symbol("N"), 8}, DType::float32}, false}}, {}, "{}"},
                                   b->next_line())[0];
    const Value h = b->apply(b->linear(8, 8), {x}), r = b->transform("relu", {h});
    b->transform("add", {r, skips ? x : h});
    return b;
  };
  const auto before = build(false), after = build(true);
  EXPECT_THAT(only_changed(diff(before->graph, after->graph)).changes,
              ElementsAre(Change{"inputs", "relu, linear", "relu, input"}));
}

TEST(GraphDiffTest, WhatWentAwayStandsBehindWhatItCameAfter) {
  Row before, after;
  before.begin("body").linear().dropout(0.5).apply("relu").end().linear(2);
  after.begin("body").linear().apply("relu").end().linear(2);
  const GraphDiff found = diff_of(before, after);
  ASSERT_EQ(found.nodes.size(), 5u);
  EXPECT_EQ(found.nodes[2].kind, Kind::removed);
  EXPECT_EQ(found.nodes[2].path, "body/dropout");
  EXPECT_EQ(found.nodes[2].after, -1);
}

TEST(GraphDiffTest, OutputsAreKnownByTheirNames) {
  Row before, after;
  before.linear().output("a").apply("relu").output("b");
  after.linear().output("a").apply("relu").output("c");
  const GraphDiff found = diff_of(before, after);
  EXPECT_THAT(paths_of_kind(found.outputs, Kind::same), ElementsAre("a"));
  EXPECT_THAT(paths_of_kind(found.outputs, Kind::removed), ElementsAre("b"));
  EXPECT_THAT(paths_of_kind(found.outputs, Kind::added), ElementsAre("c"));
}

TEST(GraphDiffTest, ARowTooLongToAlignIsMatchedByNames) {
  Row before, after;
  after.apply("sigmoid");
  for (int i = 0; i < 2100; ++i) {
    before.apply(i % 3 ? "relu" : "tanh");
    after.apply(i % 3 ? "relu" : "tanh");
  }
  before.apply("exp");
  const GraphDiff found = diff_of(before, after);
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::added), ElementsAre("sigmoid"));
  EXPECT_THAT(paths_of_kind(found.nodes, Kind::removed), ElementsAre("exp"));
}

}  // namespace
}  // namespace orrery
