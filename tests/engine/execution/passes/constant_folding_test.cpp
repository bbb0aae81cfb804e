#include <random>

#include <gmock/gmock.h>

#include "tests/engine/execution/passes/passed_plans.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr PlanPass kFolding = PlanPass::constant_folding;

Value constant_of(RowsBuilder& b, const ParameterPtr& tensor) {
  return b.graph.constant(tensor, b.next_line(), tensor->name);
}

Value created_ones(RowsBuilder& b, Shape size, DType dtype = DType::float64) {
  return b.transform("ones", {}, {{"size", std::move(size)}, {"dtype", dtype}});
}

TEST(ConstantFoldingTest, RandomGraphsHaveTheSameResultsAndGradients) {
  size_t folded = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 dice(seed);
    RowsBuilder b(DType::float64);
    const LayerPtr fc = b.square();
    const ParameterPtr trained = constant_tensor("trained", {4}, 0.4, true);
    std::vector<Value> pool = {b.apply(fc, {b.x}), constant_of(b, constant_tensor("one", {4}, 0.3)),
                               constant_of(b, constant_tensor("two", {1}, -0.7)), created_ones(b, {4}),
                               constant_of(b, trained)};
    for (int i = 0; i < 16; ++i) {
      const Value left = pool[dice() % pool.size()], right = pool[dice() % pool.size()];
      const Value made = dice() % 2 ? left : b.transform(dice() % 2 ? "add" : "mul", {left, right});
      pool.push_back(b.transform("tanh", {made}));
    }
    Value sum = pool[0];
    for (size_t i = 1; i < pool.size(); ++i) sum = b.transform("add", {sum, pool[i]});
    std::vector<ParameterPtr> parameters = fc->parameters();
    parameters.push_back(trained);
    PassedPlans plans(b, {b.mean_of(sum), parameters}, kFolding);
    plans.expect_alike(b.rows(3));
    plans.expect_alike(b.rows(2));
    folded += nodes_of(plans.with().plan(true), kFolding).size();
  }
  EXPECT_GT(folded, 40U);
}

struct FoldedNet {
  FoldedNet() {
    const Value h = b.transform("mul", {b.x, b.transform("exp", {constant_of(b, tensor)})});
    result = b.transform("sin", {h});
    use_outputs(b.graph, {result});
    executor = std::make_unique<Executor>(Engine::of(b.runtime), b.graph, std::vector{result});
  }
  at::Tensor computed() { return executor->forward(b.rows(2), kEvaluate)[0]; }
  at::Tensor expected(double constant) {
    return (b.rows(2).at("x") * at::full({4}, constant, at::kDouble).exp()).sin();
  }
  RowsBuilder b{DType::float64};
  ParameterPtr tensor = constant_tensor("scale", {4}, 0.5);
  Value result;
  std::unique_ptr<Executor> executor;
};

TEST(ConstantFoldingTest, IsComputedAgainOnceTheConstantHasChanged) {
  FoldedNet net;
  Engine& engine = Engine::of(net.b.runtime);
  EXPECT_TRUE(at::allclose(net.computed(), net.expected(0.5), 1e-14, 1e-14));
  EXPECT_THAT(nodes_of(net.executor->plan(false, false), kFolding), ElementsAre("exp"));
  engine.assign(net.tensor, at::full({4}, 0.25, at::kDouble));
  EXPECT_TRUE(at::allclose(net.computed(), net.expected(0.25), 1e-14, 1e-14));
  engine.tensor(net.tensor).mul_(2);
  EXPECT_TRUE(at::allclose(net.computed(), net.expected(0.5), 1e-14, 1e-14));
  engine.tensor(net.tensor).set_data(at::full({4}, 0.125, at::kDouble));
  EXPECT_TRUE(at::allclose(net.computed(), net.expected(0.125), 1e-14, 1e-14));
}

// Counts what each pass computes.
struct CountingSink : ProfileSink {
  void begin_node(const Node& node) override { ++ran[node.path()]; }
  std::map<std::string, int> ran;
};

TEST(ConstantFoldingTest, IsComputedOnceForAllBatches) {
  FoldedNet net;
  CountingSink sink;
  net.executor->set_sink(&sink);
  for (int i = 0; i < 3; ++i) net.computed();
  EXPECT_EQ(sink.ran["exp"], 1);
  EXPECT_EQ(sink.ran["scale"], 1);
  EXPECT_EQ(sink.ran["sin"], 3);
  net.executor->set_passes(PassSet().without(kFolding));
  for (int i = 0; i < 3; ++i) net.computed();
  EXPECT_EQ(sink.ran["exp"], 4);
}

TEST(ConstantFoldingTest, WhatIsTrainedRandomOrAStateIsNotFolded) {
  RowsBuilder b(DType::float64);
  const auto folded = [&](const Value& from) {
    return taken_out({b.transform("add", {b.x, b.transform("exp", {from})})}, kFolding, false);
  };
  EXPECT_EQ(folded(constant_of(b, constant_tensor("fixed", {4}, 1))).size(), 1U);
  const ParameterPtr trained = constant_tensor("trained", {4}, 1, true);
  const Value parameter = constant_of(b, trained);
  EXPECT_THAT(folded(parameter), IsEmpty());
  trained->trainable = false;
  EXPECT_THAT(folded(parameter), IsEmpty());
  EXPECT_THAT(folded(b.transform("randn", {}, {{"size", Shape{4}}, {"dtype", DType::float64}})), IsEmpty());
  const Value state =
      b.graph.carried(constant_tensor("state", {4}, 1), StateSpec::Reset::pass, b.next_line(), "state");
  b.graph.carry(state, b.transform("exp", {state}), b.next_line());
  EXPECT_THAT(folded(state), IsEmpty());
}

TEST(ConstantFoldingTest, SizesOfTheBatchAreNotFolded) {
  RowsBuilder b(DType::float64);
  const Value ones = created_ones(b, {Dim::symbol("N"), 4});
  EXPECT_THAT(taken_out({b.transform("add", {b.x, b.transform("exp", {ones})})}, kFolding), IsEmpty());
  const Value sum = b.transform("sum", {created_ones(b, {Dim::symbol("N")})});
  EXPECT_THAT(taken_out({b.transform("add", {b.x, sum})}, kFolding), IsEmpty());
}

TEST(ConstantFoldingTest, LayersOwnOperationsAndWhatTheReaderGetsAreNotFolded) {
  RowsBuilder b(DType::float64);
  const Value fixed = constant_of(b, constant_tensor("fixed", {1, 4}, 1));
  EXPECT_THAT(taken_out({b.transform("add", {b.x, b.linear_of(fixed)})}, kFolding, false), IsEmpty());
  const Value own = own_operation(b, b.transform("exp", {fixed}));
  EXPECT_THAT(taken_out({b.transform("add", {b.x, own})}, kFolding), IsEmpty());
  EXPECT_THAT(taken_out({b.transform("sin", {fixed})}, kFolding), IsEmpty());
}

// What only folded nodes read is not held.
TEST(ConstantFoldingTest, HoldsNoMoreThanItMay) {
  constexpr std::int64_t kMost = (64 << 20) / 8;
  RowsBuilder b(DType::float64);
  const auto read = [&](std::int64_t count) {
    const Value large = created_ones(b, {count});
    return b.transform("mul", {b.transform("sum", {b.x}), b.transform("exp", {large})});
  };
  EXPECT_EQ(taken_out({read(kMost)}, kFolding).size(), 2U);
  EXPECT_EQ(taken_out({read(kMost + 1)}, kFolding).size(), 0U);
  const Value sum = b.transform("sum", {created_ones(b, {kMost + 1})});
  EXPECT_EQ(taken_out({b.transform("add", {b.x, sum})}, kFolding).size(), 2U);
}

TEST(ConstantFoldingTest, ViewsOfConstantsHoldNothing) {
  RowsBuilder b(DType::float64);
  const Value large = constant_of(b, constant_tensor("large", {4, (64 << 20) / 8}, 1));
  const Value turned =
      b.transform("transpose", {large}, {{"dim0", std::int64_t{0}}, {"dim1", std::int64_t{1}}});
  EXPECT_THAT(taken_out({b.transform("mul", {b.transform("sum", {b.x}), turned})}, kFolding),
              ElementsAre("transpose"));
}

}  // namespace
}  // namespace orrery
