#include "runtime/graph/insertion.h"

#include <gtest/gtest.h>

#include "runtime/graph/json.h"
#include "runtime/graph/structural_hash.h"
#include "tests/files/error_of.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

std::vector<Value> insert_into(Builder& to, const Cut& cut, const std::vector<Value>& inputs) {
  return insert(cut, to.graph, to.runtime, inputs, to.next_line());
}

TEST(InsertionTest, WholeGraphIsTheSameGraphAgain) {
  Builder from, to;
  const Value loss = from.digits_net();
  const Cut cut{{{from.graph.input_node(), 0}, {from.graph.input_node(), 1}}, {loss}};
  insert_into(to, cut, to.digits_input());
  EXPECT_EQ(to_json(to.graph), to_json(from.graph));
  EXPECT_EQ(structural_hash(to.graph), structural_hash(from.graph));
  EXPECT_NE(to.graph.layers()[0], from.graph.layers()[0]);
}

TEST(InsertionTest, SharedTiedAndFrozenLayersAndConstantsComeAlong) {
  Builder from, to;
  const Value image = from.digits_input()[0];
  const Value x = from.transform("flatten", {image}, {{"start_dim", std::int64_t{1}}});
  const LayerPtr first = from.linear(64, 64), second = from.linear(64, 64);
  second->tie("weight", first->parameter("weight"));
  second->parameter("bias")->trainable = false;
  const Value y = from.apply(first, {from.apply(second, {from.apply(first, {x})})});
  auto table = std::make_shared<Parameter>();
  table->name = "table";
  table->shape = {64};
  table->trainable = false;
  const Value sum = from.transform("add", {y, from.graph.constant(table, {}, "table")});
  insert_into(to, {{image}, {sum}}, {to.digits_input()[0]});
  EXPECT_EQ(to_json(to.graph), to_json(from.graph));
  const auto layers = to.graph.layers();
  EXPECT_EQ(layers[0]->parameter("weight"), layers[1]->parameter("weight"));
  EXPECT_NE(layers[0]->parameter("weight"), first->parameter("weight"));
  EXPECT_FALSE(layers[1]->parameter("bias")->trainable);
}

TEST(InsertionTest, PartStandsInTheCurrentBlock) {
  Builder from, to;
  const Value loss = from.digits_net();
  const Value logits = loss.node->inputs()[0];
  to.graph.begin_block("trunk");
  const Value image = to.digits_input()[0];
  const Value made = insert_into(to, {{{from.graph.input_node(), 0}}, {logits}}, {image})[0];
  to.graph.end_block();
  EXPECT_EQ(made.node->path(), "trunk/classifier/linear");
  EXPECT_EQ(made.shape(), logits.shape());
}

TEST(InsertionTest, LayersGetCopiesAndDrawNothing) {
  Builder from, to;
  const Value loss = from.digits_net();
  const Value image{from.graph.input_node(), 0};
  insert_into(to, {{image}, {loss.node->inputs()[0]}}, {to.digits_input()[0]});
  for (const DrawLog::Entry& entry : to.runtime.draws.take())
    EXPECT_TRUE(std::holds_alternative<DrawLog::Copy>(entry));
}

TEST(InsertionTest, SizesOfTheOldDataAreThoseOfTheNew) {
  Builder from, to;
  const Dim rows = Dim::symbol("rows");
  const Value image = from.graph.input({{{"image", {{rows, 2, 4}, DType::float32}, false}}, {}, "{}"})[0];
  const Value flat = from.transform("reshape", {image}, {{"shape", Shape{rows * 2, 4}}});
  const Value given = to.digits_input()[0];
  const Value pair = to.transform("view", {given}, {{"shape", Shape{Dim::symbol("N"), 2, 32}}});
  const Value half = to.transform(
      "narrow", {pair}, {{"dim", std::int64_t{2}}, {"start", std::int64_t{0}}, {"length", std::int64_t{4}}});
  EXPECT_EQ(str(insert_into(to, {{image}, {flat}}, {half})[0].shape()), "(2*N, 4)");
}

TEST(InsertionTest, InputThatTheCutLeavesOutIsNamed) {
  Builder from, to;
  const Value loss = from.digits_net();
  const Cut cut{{{from.graph.input_node(), 0}}, {loss}};
  const std::string text = error_of(Fault::usage, [&] { insert_into(to, cut, {to.digits_input()[0]}); });
  EXPECT_EQ(text, "cross_entropy_loss also needs 'label' of the input, which the cut leaves out");
}

}  // namespace
}  // namespace orrery
