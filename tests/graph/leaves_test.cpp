// What holds data and may be trained: constants, and fields of the input.
#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

ParameterPtr plain_tensor(Shape shape, DType dtype = DType::float32) {
  auto made = std::make_shared<Parameter>();
  made->name = "constant";
  made->shape = std::move(shape);
  made->dtype = dtype;
  made->trainable = false;
  return made;
}

std::vector<std::string> keys_of(const std::vector<Graph::Entry>& entries) {
  std::vector<std::string> keys;
  for (const Graph::Entry& entry : entries) keys.push_back(entry.key);
  return keys;
}

using Keys = std::vector<std::string>;

struct LeavesTest : testing::Test {
  /// Fields `image` (N, 1, 8, 8) and `label` (N); 0: nobody knows how many samples there are.
  std::vector<Value> input(std::int64_t length, Dim width = 8) {
    const Dim n = Dim::symbol("N");
    return b_.graph.input({{{"image", {{n, 1, 8, width}, DType::float32}, false},
                            {"weight", {{n}, DType::float32}, false},
                            {"label", {{n}, DType::int64}, true}},
                           {},
                           "{}",
                           length});
  }

  Builder b_;
};

TEST_F(LeavesTest, AConstantBecomesAParameterOfTheGraph) {
  const Value constant = b_.graph.constant(plain_tensor({2, 3}));
  const Value read = b_.transform("relu", {constant});
  EXPECT_EQ(keys_of(b_.graph.state()), Keys{});
  EXPECT_FALSE(read.requires_grad());
  b_.graph.train(constant);
  EXPECT_EQ(keys_of(b_.graph.state()), Keys{"constant"});
  EXPECT_EQ(constant.node->operation(), "Parameter");
  EXPECT_TRUE(constant.leaf()->trainable);
  EXPECT_TRUE(read.requires_grad());
}

TEST_F(LeavesTest, AConstantThatTwoNodesHoldIsTrainedInBoth) {
  const ParameterPtr shared = plain_tensor({2});
  const Value first = b_.graph.constant(shared), second = b_.graph.constant(shared);
  b_.graph.train(second);
  EXPECT_TRUE(first.node->is_parameter() && second.node->is_parameter());
  EXPECT_EQ(first.leaf(), second.leaf());
  EXPECT_EQ(keys_of(b_.graph.state()), (Keys{"constant", "constant_2"}));
}

TEST_F(LeavesTest, OfAFrozenParameterNothingChanges) {
  const ParameterPtr scale = plain_tensor({2});
  scale->trainable = true;
  const Value parameter = b_.graph.constant(scale);
  b_.graph.set_trainable(b_.graph.root(), false);
  b_.graph.train(parameter);
  EXPECT_FALSE(scale->trainable);
}

TEST_F(LeavesTest, IntegersStatesBuffersAndComputedValuesAreNotTrained) {
  const Value whole = b_.graph.constant(plain_tensor({2}, DType::int64));
  const Value state = b_.graph.carried(plain_tensor({2}), StateSpec::Reset::pass, {}, "state");
  const ParameterPtr mean = plain_tensor({2});
  mean->buffer = true;
  const Value buffer = b_.graph.constant(mean);
  const Value computed = b_.transform("relu", {buffer});
  for (const Value& value : {whole, state, buffer, computed}) {
    b_.graph.train(value);
    EXPECT_FALSE(value.requires_grad()) << value.node->path();
    EXPECT_FALSE(value.node->is_parameter()) << value.node->path();
  }
}

TEST_F(LeavesTest, TheTensorOfAFrozenLayerStaysFrozen) {
  const Value image = b_.digits_input()[0];
  const LayerPtr conv = b_.conv(1, 4);
  conv->set_trainable(false);
  b_.apply(conv, {image});
  const Value kernel = b_.graph.constant(conv->parameter("weight"));
  b_.graph.train(kernel);
  EXPECT_FALSE(conv->parameter("weight")->trainable);
  EXPECT_FALSE(kernel.requires_grad());
}

TEST_F(LeavesTest, TheTensorOfALayerThatIsTrainedAgainIsOne) {
  const Value image = b_.digits_input()[0];
  const LayerPtr conv = b_.conv(1, 4);
  conv->set_trainable(false);
  b_.apply(conv, {image});
  const Value kernel = b_.graph.constant(conv->parameter("weight"));
  conv->set_trainable(true);
  b_.graph.train(kernel);
  EXPECT_TRUE(kernel.node->is_parameter());
}

TEST_F(LeavesTest, AFieldOfTheInputGetsATensorOfAllSamples) {
  const std::vector<Value> fields = input(12);
  const Value read = b_.transform("relu", {fields[0]}), weighed = b_.transform("relu", {fields[1]});
  EXPECT_EQ(fields[0].leaf(), nullptr);
  b_.graph.train(fields[0]);
  ASSERT_NE(fields[0].leaf(), nullptr);
  EXPECT_EQ(fields[0].leaf()->shape, (Shape{12, 1, 8, 8}));
  EXPECT_TRUE(fields[0].leaf()->awaits_data);
  EXPECT_TRUE(fields[0].requires_grad() && read.requires_grad());
  EXPECT_FALSE(fields[1].requires_grad() || weighed.requires_grad());
  EXPECT_FALSE(fields[2].requires_grad());
}

TEST_F(LeavesTest, WhatIsReadFromTheDataIsNoPartOfTheModel) {
  const std::vector<Value> fields = input(12);
  b_.apply(b_.conv(1, 4), {fields[0]});
  b_.graph.train(fields[0]);
  EXPECT_EQ(keys_of(b_.graph.state(nullptr, true)), (Keys{"conv2d.weight", "conv2d.bias"}));
  EXPECT_EQ(keys_of(b_.graph.state_of_run()), (Keys{"conv2d.weight", "conv2d.bias", "input.image"}));
}

TEST_F(LeavesTest, AFieldIsTrainedOnceAndBesideOthers) {
  const std::vector<Value> fields = input(12);
  b_.graph.train(fields[1]);
  const ParameterPtr weight = fields[1].leaf();
  b_.graph.train(fields[1]);
  b_.graph.train(fields[0]);
  EXPECT_EQ(fields[1].leaf(), weight);
  EXPECT_EQ(keys_of(b_.graph.state_of_run()), (Keys{"input.image", "input.weight"}));
}

TEST_F(LeavesTest, LabelsThatAreIntegersAreNotTrained) {
  const std::vector<Value> fields = input(12);
  b_.graph.train(fields[2]);
  EXPECT_EQ(fields[2].leaf(), nullptr);
  EXPECT_TRUE(b_.graph.input_node()->trained_fields().empty());
}

TEST_F(LeavesTest, AnInputWithoutALengthIsNotTrained) {
  const Value image = input(0)[0];
  b_.graph.train(image);
  EXPECT_EQ(image.leaf(), nullptr);
}

TEST_F(LeavesTest, AFieldWhoseSizesTheDataTellIsNotTrained) {
  const Value image = input(12, Dim::symbol("W"))[0];
  b_.graph.train(image);
  EXPECT_EQ(image.leaf(), nullptr);
}

}  // namespace
}  // namespace orrery
