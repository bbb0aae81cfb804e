#include <gmock/gmock.h>

#include "tests/engine/execution/passes/passed_plans.h"
#include "tests/graph/loop_builder.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> steps_of(const Plan& plan) {
  std::vector<std::string> paths;
  for (const Step& step : plan.steps) paths.push_back(step.node->path());
  return paths;
}

struct DeadNet {
  DeadNet() {
    const Value fixed = b.graph.constant(constant_tensor("fixed", {4}, 0.5), b.next_line(), "fixed");
    y = b.transform("mul", {b.x, b.transform("exp", {fixed})});
    use_outputs(b.graph, {y});
    executor = std::make_unique<Executor>(Engine::of(b.runtime), b.graph, std::vector{y});
  }
  RowsBuilder b{DType::float64};
  Value y;
  std::unique_ptr<Executor> executor;
};

TEST(DeadNodesTest, ConstantsThatOnlyFoldedNodesReadTakeNoStep) {
  DeadNet net;
  EXPECT_THAT(steps_of(net.executor->plan(true)), ElementsAre("input", "mul"));
  EXPECT_THAT(nodes_of(net.executor->plan(true), PlanPass::dead_nodes), ElementsAre("fixed"));
  net.executor->set_passes(PassSet().without(PlanPass::dead_nodes));
  EXPECT_THAT(steps_of(net.executor->plan(true)), ElementsAre("input", "fixed", "mul"));
  const at::Tensor wanted = net.b.rows(3).at("x") * std::exp(0.5);
  EXPECT_TRUE(at::allclose(net.executor->forward(net.b.rows(3), kEvaluate)[0], wanted, 1e-14, 1e-14));
}

TEST(DeadNodesTest, NothingIsDeadWhileSomebodyReadsIt) {
  RowsBuilder b;
  const Value loss = b.cross_entropy(b.linear_of(b.x));
  EXPECT_THAT(taken_out({loss}, PlanPass::dead_nodes), IsEmpty());
}

// Nobody reads what they give any more.
TEST(DeadNodesTest, WhatHasEffectsStays) {
  RowsBuilder b;
  const Value drawn = b.apply("Dropout", {}, {b.x}), own = own_operation(b, b.x),
              plain = b.transform("sin", {b.x});
  Plan plan = make_plan({drawn, own, plain}, true);
  plan.targets.clear();
  const Placement cpu(at::kCPU);
  run_passes(plan, only(PlanPass::dead_nodes), {.placement = cpu});
  EXPECT_THAT(nodes_of(plan, PlanPass::dead_nodes), ElementsAre("sin"));
}

TEST(StepPassesTest, EachCanBeLeftOutByItsName) {
  for (const PlanPassInfo& info : plan_passes()) {
    DeadNet net;
    net.executor->set_passes(PassSet().without(info.pass));
    EXPECT_THAT(nodes_of(net.executor->plan(true), info.pass), IsEmpty()) << info.name;
    EXPECT_FALSE(net.executor->plan(true).passes.has(info.pass));
  }
}

TEST(StepPassesTest, PlansWithLoopsStayAsTheyAre) {
  SequenceBuilder b;
  LoopBuilder loop(b, {b.transform("exp", {b.h}), b.x});
  const Value next = b.transform("tanh", {b.transform("add", {loop[0], loop[1]})});
  Plan plan = make_plan({loop.end({next})[0]}, false);
  const std::vector<std::string> before = steps_of(plan);
  const Placement cpu(at::kCPU);
  run_passes(plan, {}, {.gradients = false, .training = false, .placement = cpu});
  EXPECT_EQ(steps_of(plan), before);
  EXPECT_THAT(plan.outcomes, IsEmpty());
}

}  // namespace
}  // namespace orrery
