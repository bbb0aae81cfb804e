#include "runtime/engine/execution/objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/order.h"
#include "tests/engine/execution/two_engines.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> differentiated(const Objective& objective, std::vector<Value> targets = {}) {
  targets.push_back(objective.loss);
  const std::vector<const Node*> order = order_nodes(targets);
  const std::vector<bool> found = find_differentiated(order, objective);
  EXPECT_EQ(found.size(), order.size());
  std::vector<std::string> paths;
  for (size_t i = 0; i < found.size(); ++i)
    if (found[i]) paths.push_back(order[i]->path());
  return paths;
}

struct ObjectiveTest : testing::Test, RowsBuilder {
  ObjectiveTest() {
    before = transform("cos", {x});
    first = square();
    hidden = transform("sin", {apply(first, {before})});
    second = square();
    scores = apply(second, {hidden});
    loss = cross_entropy(scores);
  }
  LayerPtr first, second;
  Value before, hidden, scores, loss;
};

TEST_F(ObjectiveTest, IsHandedOnFromTheLossToItsParametersAndNoFurther) {
  EXPECT_THAT(differentiated({loss, first->parameters()}),
              ElementsAre("linear", "sin", "linear_2", "cross_entropy_loss"));
  EXPECT_THAT(differentiated({loss, second->parameters()}), ElementsAre("linear_2", "cross_entropy_loss"));
}

TEST_F(ObjectiveTest, WhatTheLossDoesNotReadIsLeftOut) {
  const Value aside = transform("exp", {apply(first, {hidden})});
  EXPECT_THAT(differentiated({loss, first->parameters()}, {aside}),
              ElementsAre("linear", "sin", "linear_2", "cross_entropy_loss"));
}

TEST_F(ObjectiveTest, AFrozenLayerIsPassedThroughOnlyWhereSomethingBelowIsTrained) {
  for (const ParameterPtr& parameter : second->parameters()) parameter->trainable = false;
  std::vector<ParameterPtr> all = first->parameters();
  all.insert(all.end(), second->parameters().begin(), second->parameters().end());
  EXPECT_THAT(differentiated({loss, all}), ElementsAre("linear", "sin", "linear_2", "cross_entropy_loss"));
  for (const ParameterPtr& parameter : first->parameters()) parameter->trainable = false;
  second->parameter("bias")->trainable = true;
  EXPECT_THAT(differentiated({loss, all}), ElementsAre("linear_2", "cross_entropy_loss"));
}

TEST_F(ObjectiveTest, NothingGoesThroughWhatHasNoDerivativeOrIsNoNumber) {
  const Value best = transform("argmax", {scores}, {{"dim", std::int64_t{1}}});
  const Value found = mean_of(transform("mul", {transform("float", {best}), transform("mean", {scores})}));
  EXPECT_THAT(differentiated({found, second->parameters()}),
              testing::Not(testing::Contains(HasSubstr("argmax"))));
  EXPECT_THAT(error_of(Fault::run,
                       [&] {
                         differentiated({mean_of(transform("float", {best})), second->parameters()});
                       }),
              HasSubstr("the loss does not depend on anything that is trained"));
}

TEST_F(ObjectiveTest, AConstantIsAmongThemWhileItIsTrained) {
  auto shift = std::make_shared<Parameter>();
  shift->name = "shift";
  shift->shape = {4};
  const Value shifted = mean_of(transform("add", {x, graph.constant(shift, next_line(), "shift")}));
  EXPECT_THAT(differentiated({shifted, {shift}}), ElementsAre("shift", "add", "mean"));
  shift->trainable = false;
  EXPECT_THROW(differentiated({shifted, {shift}}), Error);
}

}  // namespace
}  // namespace orrery
