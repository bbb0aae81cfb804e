#include "runtime/codegen/module_tree.h"

#include <gtest/gtest.h>

#include "tests/graph/input_net.h"

namespace orrery {
namespace {

struct TreeNet : InputNet {
  ModuleTree tree() const {
    return {graph, [](const Node&) { return true; }};
  }
};

std::vector<std::string> names_of(const ModuleTree& tree, const Block& module) {
  std::vector<std::string> names;
  for (const ModuleTree::Unit& unit : tree.units(module))
    names.push_back(unit.block ? unit.block->name() : unit.node->name());
  return names;
}

TEST(ModuleTreeTest, BlocksAreModulesWithinEachOther) {
  TreeNet net;
  Value y;
  const Block* inner = nullptr;
  const Block& outer = net.block("outer", [&] {
    inner = &net.block("inner", [&] { y = net.apply(net.linear(4, 4), {net.x}); });
    y = net.transform("relu", {y});
  });
  net.graph.use({Use::Kind::output, y, "y"});
  const ModuleTree tree = net.tree();
  EXPECT_EQ(tree.modules(), (std::vector<const Block*>{inner, &outer, &net.graph.root()}));
  EXPECT_EQ(names_of(tree, outer), (std::vector<std::string>{"inner", "relu"}));
  EXPECT_EQ(names_of(tree, net.graph.root()), (std::vector<std::string>{"input", "outer"}));
  EXPECT_EQ(tree.inputs(outer), std::vector{net.x});
  EXPECT_EQ(tree.outputs(outer), std::vector{y});
}

TEST(ModuleTreeTest, ABlockThatIsLeftAndEnteredAgainIsNone) {
  TreeNet net;
  const Value a = net.apply(net.linear(4, 4), {net.x});
  const Value b = net.transform("relu", {a});
  const Value c = net.apply(net.linear(4, 4), {b});
  net.graph.use({Use::Kind::output, c, "c"});
  const Block& split = net.graph.group("split", {a.node, c.node}, net.next_line());
  const ModuleTree tree = net.tree();
  EXPECT_FALSE(tree.is_call(split));
  EXPECT_EQ(&tree.module_around(split), &net.graph.root());
  EXPECT_EQ(names_of(tree, net.graph.root()),
            (std::vector<std::string>{"input", "linear", "relu", "linear_2"}));
}

TEST(ModuleTreeTest, OfTwoBlocksThatReadEachOtherOneIsNone) {
  TreeNet net;
  const Value a = net.transform("relu", {net.x});
  const Value b = net.transform("tanh", {net.x});
  const Value c = net.transform("neg", {b});
  const Value d = net.transform("exp", {a});
  net.graph.use({Use::Kind::output, c, "c"});
  net.graph.use({Use::Kind::output, d, "d"});
  const Block& first = net.graph.group("first", {a.node, c.node}, net.next_line());
  const Block& second = net.graph.group("second", {b.node, d.node}, net.next_line());
  const ModuleTree tree = net.tree();
  EXPECT_NE(tree.is_call(first), tree.is_call(second));
  EXPECT_EQ(tree.units(net.graph.root()).size(), 4U);
}

TEST(ModuleTreeTest, ABlockWithAnothersLayerIsNoModule) {
  TreeNet net;
  const LayerPtr shared = net.linear(4, 4);
  Value y;
  const Block& owner = net.block("owner", [&] { y = net.transform("relu", {net.apply(shared, {net.x})}); });
  const Block& guest = net.block("guest", [&] { y = net.apply(shared, {y}); });
  net.graph.use({Use::Kind::output, y, "y"});
  const ModuleTree tree = net.tree();
  EXPECT_TRUE(tree.is_call(owner));
  EXPECT_FALSE(tree.is_call(guest));
}

TEST(ModuleTreeTest, TheSameOperationsWithTheSameLayersAreAnotherCall) {
  TreeNet net;
  const LayerPtr cell = net.linear(4, 4);
  Value h = net.x;
  std::vector<const Block*> steps;
  for (int step = 0; step < 3; ++step)
    steps.push_back(&net.block("step", [&] { h = net.transform("tanh", {net.apply(cell, {h})}); }));
  net.graph.use({Use::Kind::output, h, "h"});
  const ModuleTree tree = net.tree();
  for (const Block* step : steps) {
    ASSERT_TRUE(tree.is_call(*step));
    EXPECT_EQ(&tree.first_call(*step), steps[0]);
  }
  EXPECT_EQ(tree.modules().size(), 2U);
}

TEST(ModuleTreeTest, AnotherOrderOfOperandsIsAnotherModule) {
  TreeNet net;
  const LayerPtr cell = net.linear(4, 4);
  Value h;
  const auto step = [&](bool turned) -> const Block& {
    return net.block("step", [&] {
      const Value y = net.apply(cell, {net.x});
      h = turned ? net.transform("sub", {net.x, y}) : net.transform("sub", {y, net.x});
    });
  };
  step(false);
  const Block& turned = step(true);
  net.graph.use({Use::Kind::output, h, "h"});
  EXPECT_FALSE(net.tree().is_call(turned));
}

TEST(ModuleTreeTest, WhatOnlyALaterCallGivesTheFirstGivesToo) {
  TreeNet net;
  const LayerPtr cell = net.linear(4, 4);
  Value a, b;
  const auto step = [&](const Value& from) -> const Block& {
    return net.block("step", [&] {
      a = net.apply(cell, {from});
      b = net.transform("tanh", {a});
    });
  };
  const Block& first = step(net.x);
  const Value first_a = a, first_b = b;
  const Block& second = step(first_b);
  net.graph.use({Use::Kind::output, a, "a"});
  net.graph.use({Use::Kind::output, b, "b"});
  const ModuleTree tree = net.tree();
  EXPECT_EQ(tree.outputs(first), (std::vector{first_a, first_b}));
  EXPECT_EQ(tree.outputs(second), (std::vector{a, b}));
}

TEST(ModuleTreeTest, AWholeModelsResultsAreInTheOrderInWhichTheyAreTold) {
  TreeNet net;
  const Value early = net.transform("relu", {net.x});
  const Value late = net.transform("tanh", {early});
  net.graph.use({Use::Kind::output, late, "late"});
  net.graph.use({Use::Kind::output, early, "early"});
  EXPECT_EQ(net.tree().outputs(net.graph.root()), (std::vector{late, early}));
}

TEST(ModuleTreeTest, NodesThatAreNoPartAreLeftOut) {
  TreeNet net;
  Value y, z;
  const Block& whole = net.block("whole", [&] { y = net.transform("relu", {net.x}); });
  const Block& half = net.block("half", [&] {
    y = net.transform("tanh", {y});
    z = net.transform("exp", {y});
  });
  const ModuleTree tree(net.graph, [&](const Node& node) { return &node != z.node; });
  EXPECT_TRUE(tree.is_call(whole));
  EXPECT_FALSE(tree.is_call(half));
  EXPECT_EQ(names_of(tree, net.graph.root()), (std::vector<std::string>{"input", "whole", "tanh"}));
  EXPECT_EQ(tree.outputs(net.graph.root()), std::vector{y});
}

ModuleTree closing_tree(const TreeNet& net) {
  return {net.graph, [](const Node&) { return true; }, ModuleTree::Kind::closing};
}

TEST(ModuleTreeTest, AFunctionThatSeesLayersAroundItNeedNotOwnThem) {
  TreeNet net;
  const LayerPtr shared = net.linear(4, 4);
  Value y;
  const Block& first = net.block("first", [&] { y = net.transform("relu", {net.apply(shared, {net.x})}); });
  const Block& second = net.block("second", [&] { y = net.transform("tanh", {net.apply(shared, {y})}); });
  net.graph.use({Use::Kind::output, y, "y"});
  EXPECT_FALSE(net.tree().is_call(second));
  const ModuleTree tree = closing_tree(net);
  EXPECT_TRUE(tree.is_call(first));
  EXPECT_TRUE(tree.is_call(second));
}

TEST(ModuleTreeTest, WithinABlockThatIsLeftNoFunctionOfLuaIsCalled) {
  TreeNet net;
  const Value a = net.apply(net.linear(4, 4), {net.x});
  const Value b = net.transform("relu", {a});
  const Value c = net.apply(net.linear(4, 4), {b});
  net.graph.use({Use::Kind::output, c, "c"});
  net.graph.group("split", {a.node, c.node}, net.next_line());
  const Block& inner = net.graph.group("inner", {c.node}, net.next_line());
  EXPECT_TRUE(net.tree().is_call(inner));
  EXPECT_FALSE(closing_tree(net).is_call(inner));
}

TEST(ModuleTreeTest, AStateIsReadWhereTheGraphSaysWhatItBecomes) {
  TreeNet net;
  auto initial = std::make_shared<Parameter>();
  initial->shape = {4};
  initial->trainable = false;
  Value state, next;
  const Block& block = net.block("cell", [&] {
    state = net.graph.carried(initial, StateSpec::Reset::pass, net.next_line(), "state");
    next = net.transform("add", {state, state});
  });
  const Value outside = net.transform("relu", {next});
  net.graph.carry(state, outside);
  EXPECT_EQ(closing_tree(net).outputs(block), (std::vector<Value>{state, next}));
}

}  // namespace
}  // namespace orrery
