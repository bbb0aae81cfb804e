#include <random>

#include <gmock/gmock.h>

#include "runtime/graph/block.h"
#include "tests/engine/execution/passes/passed_plans.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr PlanPass kMerging = PlanPass::common_subexpressions;

// Calls at random, many of them made before in the same words.
Value repeating_graph(RowsBuilder& b, const LayerPtr& shared, unsigned seed) {
  std::mt19937 dice(seed);
  const auto below = [&](size_t count) { return static_cast<size_t>(dice() % count); };
  const Value fixed = b.graph.constant(constant_tensor("fixed", {4}, 0.3), b.next_line());
  std::vector<Value> pool = {b.x, b.apply(shared, {b.x}), fixed};
  std::vector<std::function<Value()>> calls;
  for (int i = 0; i < 24; ++i) {
    const Value one = pool[below(pool.size())], other = pool[below(pool.size())];
    const char* const alone[] = {"sin", "tanh", "sigmoid", "relu"};
    const char* const both[] = {"add", "mul", "sub"};
    const std::string name = below(2) ? alone[below(4)] : both[below(3)];
    const bool rows = one.shape().size() == 2;
    const size_t kind = below(5);
    if (kind > 1 || calls.empty()) {
      if (kind == 2 && rows)
        calls.push_back([&b, one, shared] { return b.apply(shared, {one}); });
      else if (name.size() == 3 && name != "sin")
        calls.push_back([&b, one, other, name] {
          return b.transform("tanh", {b.transform(name, {one, other})});
        });
      else
        calls.push_back([&b, one, name] { return b.transform(name, {one}); });
      pool.push_back(calls.back()());
    } else {
      pool.push_back(calls[below(calls.size())]());
    }
  }
  Value sum = pool[1];
  for (size_t i = 2; i < pool.size(); ++i) sum = b.transform("add", {sum, pool[i]});
  return b.mean_of(sum);
}

TEST(CommonSubexpressionsTest, RandomGraphsHaveTheSameResultsAndGradients) {
  size_t merged = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    RowsBuilder b(DType::float64);
    const LayerPtr shared = b.square();
    PassedPlans plans(b, {repeating_graph(b, shared, seed), shared->parameters()}, kMerging);
    plans.expect_alike(b.rows(3));
    merged += nodes_of(plans.with().plan(true), kMerging).size();
  }
  EXPECT_GT(merged, 40U);
}

TEST(CommonSubexpressionsTest, GradientsOfBothNodesAddUp) {
  RowsBuilder b(DType::float64);
  const LayerPtr fc = b.square();
  const Value h = b.apply(fc, {b.x});
  const Value one = b.transform("sin", {h}), other = b.transform("sin", {h});
  const Value sum = b.transform("add", {b.transform("exp", {one}), b.transform("mul", {other, h})});
  PassedPlans plans(b, {b.mean_of(sum), fc->parameters()}, kMerging);
  plans.expect_alike(b.rows(5));
  EXPECT_THAT(nodes_of(plans.with().plan(true), kMerging), ElementsAre("sin_2"));
}

// Only the second node hands the gradient of the first objective on, only the first that of the second.
TEST(CommonSubexpressionsTest, EachObjectiveGetsTheGradientsOfItsOwnReaders) {
  RowsBuilder b(DType::float64);
  const LayerPtr fc = b.square();
  const Value h = b.apply(fc, {b.x});
  const Value left = b.transform("sin", {h}), right = b.transform("sin", {h});
  TwoEngines two(b, {{b.mean_of(b.transform("exp", {right})), fc->parameters()},
                     {b.mean_of(b.transform("tanh", {left})), fc->parameters()}});
  for (const std::vector<size_t>& due : std::vector<std::vector<size_t>>{{0, 1}, {0}, {1}}) {
    two.set_due(due);
    two.expect_alike(b.rows(4), 1e-12);
  }
  EXPECT_THAT(nodes_of(two.planning.plan(true), kMerging), ElementsAre("sin_2"));
}

TEST(CommonSubexpressionsTest, WhatReadsMergedNodesIsMergedToo) {
  RowsBuilder b(DType::float64);
  const auto branch = [&] { return b.transform("exp", {b.transform("sin", {b.x})}); };
  const Value sum = b.transform("add", {branch(), branch()});
  EXPECT_THAT(taken_out({sum}, kMerging), ElementsAre("sin_2", "exp_2"));
}

TEST(CommonSubexpressionsTest, ALayerMergesWithItselfAlone) {
  RowsBuilder b(DType::float64);
  const LayerPtr one = b.square(), other = b.square();
  const Value first = b.apply(one, {b.x}), again = b.apply(one, {b.x}), else_ = b.apply(other, {b.x});
  const Value sum = b.transform("add", {b.transform("add", {first, again}), else_});
  EXPECT_THAT(taken_out({sum}, kMerging), ElementsAre(again.node->path()));
}

TEST(CommonSubexpressionsTest, OptionsDecideAlsoByTheSignOfZero) {
  RowsBuilder b(DType::float64);
  const auto leaking = [&](double slope) {
    return b.transform("leaky_relu", {b.x}, {{"negative_slope", slope}});
  };
  Value sum = leaking(0.5);
  for (const double slope : {0.5, 0.25, 0.0, -0.0}) sum = b.transform("mul", {sum, leaking(slope)});
  EXPECT_THAT(taken_out({sum}, kMerging), ElementsAre("leaky_relu_2"));
}

struct Pair {
  explicit Pair(RowsBuilder& b, const std::function<Value()>& make)
      : one(make()), other(make()), sum(b.transform("add", {b.transform("sin", {one}), other})) {}
  Value one, other, sum;
};

TEST(CommonSubexpressionsTest, NothingRandomAndNothingWithBuffersIsMerged) {
  RowsBuilder b;
  const LayerPtr dropout = b.layer("Dropout", {{"p", 0.5}});
  const LayerPtr norm = b.layer("BatchNorm1d", {{"num_features", std::int64_t{4}}});
  EXPECT_THAT(taken_out({Pair(b, [&] { return b.apply(dropout, {b.x}); }).sum}, kMerging), IsEmpty());
  EXPECT_THAT(taken_out({Pair(b, [&] { return b.apply(norm, {b.x}); }).sum}, kMerging), IsEmpty());
}

TEST(CommonSubexpressionsTest, AParametrizedLayerIsNotMerged) {
  RowsBuilder b;
  const LayerPtr fc = b.square();
  const Pair pair(b, [&] { return b.apply(fc, {b.x}); });
  use_outputs(b.graph, {pair.sum});
  Executor executor(Engine::of(b.runtime), b.graph, {pair.sum});
  const at::Tensor before = executor.forward(b.rows(3), kEvaluate)[0];
  EXPECT_EQ(nodes_of(executor.plan(false, false), kMerging).size(), 1U);
  normalize_weight(b, *fc);
  TwoEngines::expect_near(executor.forward(b.rows(3), kEvaluate)[0], before, 1e-5, "the result");
  EXPECT_THAT(nodes_of(executor.plan(false, false), kMerging), IsEmpty());
}

// Else a block's value would be held from one block to the other.
TEST(CommonSubexpressionsTest, RecomputedBlocksMergeWithThemselvesAlone) {
  RowsBuilder b(DType::float64);
  std::vector<Block*> blocks;
  Value sum = b.x;
  for (const char* name : {"first", "second"}) {
    blocks.push_back(&b.graph.begin_block(name, b.next_line()));
    for (int i = 0; i < 2; ++i) sum = b.transform("add", {sum, b.transform("sin", {b.x})});
    b.graph.end_block();
  }
  EXPECT_THAT(taken_out({sum}, kMerging), ElementsAre("first/sin_2", "second/sin", "second/sin_2"));
  for (Block* block : blocks) block->set_recomputes(true);
  EXPECT_THAT(taken_out({sum}, kMerging), ElementsAre("first/sin_2", "second/sin_2"));
}

TEST(CommonSubexpressionsTest, ATableThatIsShortenedIsNotMerged) {
  RowsBuilder b;
  for (const bool shortens : {false, true}) {
    std::vector<Attributes::Entry> options = {{"num_embeddings", std::int64_t{4}},
                                              {"embedding_dim", std::int64_t{4}}};
    if (shortens) options.push_back({"max_norm", 1.0});
    const LayerPtr table = b.layer("Embedding", options);
    const Pair pair(b, [&] { return b.apply(table, {b.fields[1]}); });
    EXPECT_EQ(taken_out({pair.sum}, kMerging).size(), shortens ? 0U : 1U);
  }
}

// They may write to what they read.
TEST(CommonSubexpressionsTest, WhatOwnOperationsReadOrTheReaderGetsStaysApart) {
  RowsBuilder b;
  const auto sine = [&] { return b.transform("sin", {b.x}); };
  const Pair read(b, sine);
  const Value own = own_operation(b, read.other);
  EXPECT_THAT(taken_out({read.sum, own}, kMerging), IsEmpty());
  const Pair viewed(b, sine);
  EXPECT_THAT(taken_out({viewed.sum, b.transform("flatten", {viewed.other})}, kMerging), IsEmpty());
  const Pair asked(b, sine);
  EXPECT_THAT(taken_out({asked.sum, asked.other}, kMerging), IsEmpty());
  const Pair twice(b, [&] { return own_operation(b, b.x); });
  EXPECT_THAT(taken_out({twice.sum}, kMerging), IsEmpty());
}

TEST(CommonSubexpressionsTest, WhatIsMergedIsHeldUntilItsLastReader) {
  RowsBuilder b(DType::float64);
  const Value one = b.transform("sin", {b.x}), other = b.transform("sin", {b.x});
  const Value sum = b.transform("mul", {b.transform("exp", {one}), other});
  Plan plan = make_plan({sum}, false);
  const Placement cpu(at::kCPU);
  run_passes(plan, only(kMerging), {.gradients = false, .placement = cpu});
  ASSERT_EQ(plan.steps.size(), 4U);
  EXPECT_THAT(plan.steps[2].release, IsEmpty());
  EXPECT_THAT(plan.steps[3].release, ElementsAre(plan.steps[1].outputs, plan.steps[2].outputs));
}

}  // namespace
}  // namespace orrery
