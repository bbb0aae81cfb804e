#include "runtime/engine/execution/recomputed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/execution/recomputed_blocks.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names_of(const std::vector<const Node*>& nodes) {
  std::vector<std::string> names;
  for (const Node* node : nodes) names.push_back(node->path());
  return names;
}

TEST(FindRecomputedTest, TakesTheStepsOfABlockThatFollowEachOther) {
  BlocksBuilder b;
  const Value h = b.transform("sin", {b.linear_of(b.x)});
  const Value y = b.block("inner", h, [&](const Value& in) { return b.transform("exp", {b.linear_of(in)}); });
  const Value loss = b.mean_of(y);
  EXPECT_THAT(make_plan({loss}, true).recomputed, IsEmpty());
  b.mark();
  const Plan plan = make_plan({loss}, true);
  ASSERT_EQ(plan.recomputed.size(), 1U);
  const RecomputedPart& part = *plan.recomputed[0];
  EXPECT_EQ(part.block, b.blocks[0]);
  EXPECT_THAT(names_of(part.nodes), ElementsAre("inner/linear", "inner/exp"));
  EXPECT_EQ(part.reads.size(), 1U);
  EXPECT_EQ(part.gives.size(), 1U);
  EXPECT_EQ(recomputed_at(plan.recomputed, part.first), &part);
  EXPECT_EQ(recomputed_at(plan.recomputed, part.first - 1), nullptr);
  EXPECT_EQ(recomputed_at(plan.recomputed, part.end()), nullptr);
}

TEST(FindRecomputedTest, NothingIsComputedAgainWithoutGradientsOrWhenItIsTurnedOff) {
  BlocksBuilder b;
  const Value loss = b.mean_of(b.residual(b.x));
  b.mark();
  EXPECT_THAT(make_plan({loss}, false).recomputed, IsEmpty());
  EXPECT_THAT(make_plan({loss}, true, false).recomputed, IsEmpty());
  EXPECT_EQ(make_plan({loss}, true).recomputed.size(), 1U);
}

TEST(FindRecomputedTest, ABlockThatNoGradientPassesIsLeftOut) {
  BlocksBuilder b;
  const Value h = b.block("plain", b.x, [&](const Value& in) { return b.transform("exp", {in}); });
  const Value loss = b.mean_of(b.linear_of(h));
  b.mark();
  EXPECT_THAT(make_plan({loss}, true).recomputed, IsEmpty());
}

TEST(FindRecomputedTest, OfNestedMarksTheOutermostCounts) {
  BlocksBuilder b;
  const Value y = b.block("outer", b.x, [&](const Value& in) { return b.residual(b.linear_of(in)); });
  b.mark();
  const Plan plan = make_plan({b.mean_of(y)}, true);
  ASSERT_EQ(plan.recomputed.size(), 1U);
  EXPECT_EQ(plan.recomputed[0]->block->path(), "outer");
}

TEST(FindRecomputedTest, WhatChangesItsOwnWeightsIsComputedOnce) {
  BlocksBuilder b;
  const Value y = b.block("words", b.fields[1], [&](const Value& in) {
    const Value rows = b.apply(
        "Embedding",
        {{"num_embeddings", std::int64_t{5}}, {"embedding_dim", std::int64_t{4}}, {"max_norm", 1.0}}, {in});
    return b.transform("sin", {b.transform("exp", {rows})});
  });
  b.mark();
  const Plan plan = make_plan({b.mean_of(y)}, true);
  ASSERT_EQ(plan.recomputed.size(), 1U);
  EXPECT_THAT(names_of(plan.recomputed[0]->nodes), ElementsAre("words/exp", "words/sin"));
}

}  // namespace
}  // namespace orrery
