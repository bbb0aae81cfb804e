#include "runtime/engine/execution/lowered_plan.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/plan.h"
#include "tests/engine/execution/two_engines.h"

namespace orrery {
namespace {

using testing::ElementsAre;

// Which segment each step is part of, from 1; 0: none.
std::vector<int> segments_of(const Plan& plan, const LoweredPlan& lowered) {
  std::vector<const Segment*> seen;
  std::vector<int> numbers;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Segment* segment = lowered.of_step(i);
    if (segment && std::ranges::find(seen, segment) == seen.end()) seen.push_back(segment);
    const auto found = std::ranges::find(seen, segment);
    numbers.push_back(segment ? static_cast<int>(found - seen.begin()) + 1 : 0);
  }
  return numbers;
}

std::vector<int> segments(const std::vector<Value>& targets, const Symbols& symbols = {{"N", 3}}) {
  const Plan plan = make_plan(targets, true);
  return segments_of(plan, LoweredPlan(plan, symbols, {}));
}

TEST(LoweredPlanTest, StepsThatFollowEachOtherAreOneSegment) {
  RowsBuilder b;
  const Value h = b.transform("relu", {b.linear_of(b.x)});
  EXPECT_THAT(segments({b.cross_entropy(b.linear_of(h))}), ElementsAre(0, 1, 1, 1, 1));
}

TEST(LoweredPlanTest, AStepThatATenComputesPartsTwoSegments) {
  RowsBuilder b;
  const Value h = b.transform("cumsum", {b.linear_of(b.x)}, {{"dim", std::int64_t{1}}});
  EXPECT_THAT(segments({b.cross_entropy(b.linear_of(h))}), ElementsAre(0, 1, 0, 2, 2));
}

TEST(LoweredPlanTest, ViewsAloneAreNoSegment) {
  RowsBuilder b;
  const Value flat = b.transform("flatten", {b.transform("cumsum", {b.x}, {{"dim", std::int64_t{1}}})});
  EXPECT_THAT(segments({b.transform("unsqueeze", {flat}, {{"dim", std::int64_t{0}}})}),
              ElementsAre(0, 0, 0, 0));
}

TEST(LoweredPlanTest, BatchesWithoutSamplesAreATens) {
  RowsBuilder b;
  EXPECT_THAT(segments({b.transform("relu", {b.linear_of(b.x)})}, {{"N", 0}}), ElementsAre(0, 0, 0));
}

// The rows that are taken are known when the data are.
TEST(LoweredPlanTest, SizesThatOnlyTheDataTellAreATens) {
  RowsBuilder b;
  const Value found = b.transform("masked_select", {b.x, b.transform("bool", {b.x})});
  EXPECT_THAT(segments({b.transform("relu", {found}), b.linear_of(b.x)}), testing::Each(0));
}

TEST(LoweredPlanTest, DoubleAndSinglePrecisionAreSegmentsOfTheirOwn) {
  RowsBuilder b;
  const Value single = b.linear_of(b.x);
  const Value wide = b.transform("relu", {b.transform("double", {single})});
  EXPECT_THAT(segments({wide}), ElementsAre(0, 1, 0, 2));
}

TEST(LoweredPlansTest, GiveTheSamePlanAgainForTheSameSizes) {
  RowsBuilder b;
  const Plan plan = make_plan({b.transform("relu", {b.linear_of(b.x)})}, true);
  LoweredPlans plans;
  const Segment* of_two = plans.of({2}, plan, {{"N", 2}}, {}).of_step(1);
  ASSERT_TRUE(of_two);
  const Segment* of_three = plans.of({3}, plan, {{"N", 3}}, {}).of_step(1);
  EXPECT_NE(of_two, of_three);
  EXPECT_EQ(plans.of({2}, plan, {{"N", 2}}, {}).of_step(1), of_two);
  EXPECT_EQ(plans.of({3}, plan, {{"N", 3}}, {}).of_step(1), of_three);
}

TEST(LoweredPlansTest, WhatWasJustUsedIsKeptWhileManyComeAndGo) {
  RowsBuilder b;
  const Plan plan = make_plan({b.transform("relu", {b.linear_of(b.x)})}, true);
  LoweredPlans plans;
  const Segment* of_one = plans.of({1}, plan, {{"N", 1}}, {}).of_step(1);
  for (std::int64_t size = 2; size < 30; ++size) {
    plans.of({size}, plan, {{"N", size}}, {});
    EXPECT_EQ(plans.of({1}, plan, {{"N", 1}}, {}).of_step(1), of_one);
  }
}

TEST(LoweredPlansTest, MoreBatchSizesThanAreKeptTrainAsUnderAutograd) {
  RowsBuilder b(DType::float64);
  const LayerPtr first = b.square(), second = b.square();
  const Value h = b.transform("tanh", {b.apply(first, {b.x})});
  std::vector<ParameterPtr> all = first->parameters();
  all.insert(all.end(), second->parameters().begin(), second->parameters().end());
  TwoEngines two(b, {{b.cross_entropy(b.apply(second, {h})), all}});
  for (const int round : {0, 1})
    for (std::int64_t size = 1; size <= 12; ++size)
      two.expect_alike(b.rows(round == 0 ? size : 13 - size), 1e-12);
}

}  // namespace
}  // namespace orrery
