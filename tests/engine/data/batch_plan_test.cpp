#include "runtime/engine/data/batch_plan.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

using Indices = std::vector<std::int64_t>;
using Kind = BatchPlanner::Kind;

std::vector<Indices> batches_of(const BatchPlan& plan) {
  std::vector<Indices> batches;
  for (std::int64_t i = 0; i < plan.batches(); ++i)
    batches.emplace_back(plan.order.begin() + plan.begin(i), plan.order.begin() + plan.end(i));
  return batches;
}

std::vector<Indices> batches_of(const BatchPlanner::Facts& facts, std::int64_t epoch = 1) {
  return batches_of(BatchPlanner(facts).plan(epoch));
}

TEST(BatchPlanTest, GroupsFillBatchesOfTheirOwn) {
  const BatchPlanner::Facts facts = {
      .kind = Kind::group, .length = 6, .batch = 2, .keys = {7, 3, 7, 3, 7, 3}};
  EXPECT_EQ(batches_of(facts), (std::vector<Indices>{{1, 3}, {5}, {0, 2}, {4}}));
  BatchPlanner::Facts dropping = facts;
  dropping.drop_last = true;
  EXPECT_EQ(batches_of(dropping), (std::vector<Indices>{{1, 3}, {0, 2}}));
}

TEST(BatchPlanTest, BatchesByLengthHoldNeighbours) {
  const BatchPlanner::Facts facts = {.kind = Kind::length, .length = 5, .batch = 2, .sizes = {9, 1, 5, 2, 6}};
  EXPECT_EQ(batches_of(facts), (std::vector<Indices>{{1, 3}, {2, 4}, {0}}));
}

TEST(BatchPlanTest, EntriesCountThePadding) {
  BatchPlanner::Facts facts = {
      .kind = Kind::length, .length = 5, .sizes = {9, 1, 5, 2, 6}, .max_entries = 10};
  EXPECT_EQ(batches_of(facts), (std::vector<Indices>{{1, 3}, {2}, {4}, {0}}));
  facts.max_entries = 12;
  EXPECT_EQ(batches_of(facts), (std::vector<Indices>{{1, 3}, {2, 4}, {0}}));
  facts.max_entries = 8;
  EXPECT_EQ(error_of(Fault::usage, [&] { BatchPlanner planner(facts); }),
            "sample 0 (counted from 0) has 9 entries, more than max_tokens = 8");
}

TEST(BatchPlanTest, AShuffledEpochHasAsManyBatchesAsAnyOther) {
  for (const Kind kind : {Kind::group, Kind::length}) {
    BatchPlanner::Facts facts = {.kind = kind, .length = 40, .batch = 3, .shuffle = true, .seed = 5};
    for (std::int64_t i = 0; i < 40; ++i) {
      facts.keys.push_back(i % 7);
      facts.sizes.push_back(1 + i % 9);
    }
    if (kind == Kind::length) facts.max_entries = 20;
    const BatchPlanner planner(facts);
    EXPECT_NE(planner.plan(1).order, planner.plan(2).order);
    for (std::int64_t epoch = 1; epoch < 6; ++epoch) {
      EXPECT_EQ(planner.plan(epoch).batches(), planner.batches());
      EXPECT_EQ(planner.plan(epoch).order, planner.plan(epoch).order);
      const Indices order = planner.plan(epoch).order;
      EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 40u);
    }
  }
}

TEST(BatchPlanTest, WeightsDrawWithReplacement) {
  const BatchPlanner::Facts facts = {
      .kind = Kind::weighted, .length = 3, .batch = 4, .weights = {0, 1, 0}, .draws = 6};
  EXPECT_EQ(batches_of(facts), (std::vector<Indices>{{1, 1, 1, 1}, {1, 1}}));
}

TEST(BatchPlanTest, WithoutWeightsEveryKeyIsDrawnAsOften) {
  BatchPlanner::Facts facts = {.kind = Kind::weighted, .length = 100, .batch = 10, .draws = 4000};
  for (int i = 0; i < 100; ++i) facts.keys.push_back(i == 0 ? 1 : 0);
  const Indices order = BatchPlanner(facts).plan(1).order;
  EXPECT_NEAR(static_cast<double>(std::ranges::count(order, 0)), 2000, 200);
}

TEST(BatchPlanTest, StratifiedBatchesHaveTheClassesInProportion) {
  BatchPlanner::Facts facts = {.kind = Kind::stratified, .length = 40, .batch = 8, .seed = 2};
  for (int i = 0; i < 40; ++i) facts.keys.push_back(i < 10 ? 1 : 0);
  for (const Indices& batch : batches_of(facts)) {
    const auto rare = std::ranges::count_if(batch, [](std::int64_t i) { return i < 10; });
    EXPECT_GE(rare, 1);
    EXPECT_LE(rare, 3);
  }
}

RC_GTEST_PROP(BatchPlanTest, SharesAreEquallyLongAndCoverTheSet, ()) {
  const std::int64_t length = *rc::gen::inRange(1, 60), world = *rc::gen::inRange(1, 6);
  const bool drop = *rc::gen::arbitrary<bool>();
  std::set<std::int64_t> seen;
  std::set<std::int64_t> counts;
  for (std::int64_t rank = 0; rank < world; ++rank) {
    const BatchPlanner planner({.length = length, .batch = 4, .shuffle = true, .rank = rank, .world = world});
    const Indices order = planner.plan(3).order;
    seen.insert(order.begin(), order.end());
    counts.insert(static_cast<std::int64_t>(order.size()));
    if (!drop) continue;
    const BatchPlanner dropping(
        {.length = length, .batch = 1, .shuffle = true, .drop_last = true, .rank = rank, .world = world});
    RC_ASSERT(dropping.samples() == length / world);
  }
  RC_ASSERT(counts.size() == 1u);
  RC_ASSERT(static_cast<std::int64_t>(seen.size()) == length);
}

// torch.utils.data.distributed.DistributedSampler of 5 samples for 2 processes, without shuffling.
TEST(BatchPlanTest, SharesAreThoseOfPyTorchsSampler) {
  EXPECT_EQ(batches_of({.length = 5, .batch = 9, .rank = 0, .world = 2}), (std::vector<Indices>{{0, 2, 4}}));
  EXPECT_EQ(batches_of({.length = 5, .batch = 9, .rank = 1, .world = 2}), (std::vector<Indices>{{1, 3, 0}}));
}

TEST(BatchPlanTest, MoreSharesThanSamplesRepeatThem) {
  EXPECT_EQ(batches_of({.length = 2, .batch = 9, .rank = 4, .world = 5}), (std::vector<Indices>{{0}}));
}

}  // namespace
}  // namespace orrery
