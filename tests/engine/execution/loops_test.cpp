#include <algorithm>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/execution/frozen.h"
#include "runtime/engine/execution/lifetimes.h"
#include "runtime/engine/execution/order.h"
#include "runtime/engine/profile/recorder.h"
#include "tests/engine/execution/modes.h"
#include "tests/graph/loop_builder.h"

namespace orrery {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Batch rows(std::int64_t count) { return {{"x", at::arange(count * 4, at::kFloat).view({count, 4}) / 10}}; }

// h ← tanh(fc(h) + x · exp(first)), stacked as ys; the product's last factor is computed once.
struct Recurrent : SequenceBuilder {
  explicit Recurrent(bool reverse = false) {
    fc = linear(4, 4);
    LoopBuilder loop(*this, {h, x});
    factor = transform("exp", {h});
    scaled = transform("mul", {loop[1], factor});
    made = transform("tanh", {transform("add", {apply(fc, {loop[0]}), scaled})});
    outputs = loop.end({made, made}, {{"reverse", reverse}});
    loss = transform("sum", {outputs[1]});
    for (const Value& value : {outputs[0], outputs[1], loss}) graph.use({Use::Kind::output, value, ""});
    graph.finalize();
  }
  Engine& engine() { return Engine::of(runtime); }
  std::vector<ParameterPtr> parameters() const { return fc->parameters(); }

  // The same by hand: the stack of all steps.
  at::Tensor unrolled(const at::Tensor& input, bool reverse = false) {
    const at::Tensor weight = engine().tensor(fc->parameters()[0]),
                     bias = engine().tensor(fc->parameters()[1]);
    at::Tensor carry = at::zeros({4});
    std::vector<at::Tensor> all(static_cast<size_t>(input.size(0)));
    for (size_t i = 0; i < all.size(); ++i) {
      const size_t at = reverse ? all.size() - 1 - i : i;
      carry = (at::matmul(weight, carry) + bias + input[static_cast<std::int64_t>(at)]).tanh();
      all[at] = carry;
    }
    return at::stack(all);
  }

  LayerPtr fc;
  Value factor, scaled, made, loss;
  std::vector<Value> outputs;
};

TEST(LoopPassesTest, ABodyIsOneStepOfThePlan) {
  Recurrent net;
  const Plan plan = make_plan({net.loss}, true);
  std::vector<std::string> steps, body;
  for (const Step& step : plan.steps) steps.push_back(step.node->path());
  EXPECT_THAT(steps, ElementsAre("input", "h", "scan/exp", "scan/end", "sum"));
  const auto& loop = plan.steps[3].loop;
  ASSERT_TRUE(loop);
  for (const Step& step : loop->body) body.push_back(step.node->path());
  EXPECT_THAT(body, ElementsAre("scan/mul", "scan/linear", "scan/add", "scan/tanh"));
  EXPECT_EQ(loop->carries, 1U);
  EXPECT_EQ(loop->next, loop->stacked);
}

TEST(LoopPassesTest, WhatABodyReadsFromOutsideLivesUntilTheLoopsEnd) {
  Recurrent net;
  const auto order = order_nodes({net.loss});
  const auto releases = find_releases(order, {net.loss}, Loops(net.graph));
  const auto released_at = [&](const Value& value) {
    for (size_t i = 0; i < order.size(); ++i)
      if (std::ranges::find(releases[i], value) != releases[i].end()) return order[i]->path();
    return std::string("never");
  };
  EXPECT_EQ(released_at(net.factor), "scan/end");
  EXPECT_EQ(released_at(net.x), "scan/end");
  EXPECT_EQ(released_at(net.scaled), "scan/add");
  EXPECT_EQ(released_at(net.made), "scan/end");
  EXPECT_EQ(released_at(net.outputs[0]), "scan/end");
  EXPECT_EQ(released_at(net.outputs[1]), "sum");
}

TEST(LoopPassesTest, WhatAStepHandsOnIsRecordedInTheNext) {
  SequenceBuilder net;
  LoopBuilder loop(net, {net.h, net.x});
  const Value doubled = net.transform("mul", {loop[0], loop[0]});
  const auto outputs = loop.end({net.apply(net.linear(4, 4), {doubled})});
  const auto order = order_nodes({outputs[0]});
  const auto recorded = find_recorded(order);
  EXPECT_TRUE(recorded[static_cast<size_t>(std::ranges::find(order, doubled.node) - order.begin())]);
  net.graph.layers()[0]->set_trainable(false);
  EXPECT_THAT(find_recorded(order), testing::Not(Contains(true)));
}

TEST(LoopTest, EqualsTheLoopByHandForEveryLength) {
  for (const bool reverse : {false, true}) {
    Recurrent net(reverse);
    Executor executor(net.engine(), net.graph, {net.outputs[0], net.outputs[1]});
    for (const std::int64_t length : {5, 1, 3}) {
      const Batch batch = rows(length);
      const auto results = executor.forward(batch, kEvaluate);
      const at::Tensor expected = net.unrolled(batch.at("x"), reverse);
      EXPECT_TRUE(at::allclose(results[1], expected));
      EXPECT_TRUE(at::allclose(results[0], expected[reverse ? 0 : length - 1]));
    }
  }
}

TEST(LoopTest, GradientsFlowThroughAllSteps) {
  for (const bool reverse : {false, true}) {
    Recurrent net(reverse);
    Executor executor(net.engine(), net.graph, {net.loss});
    const Batch batch = rows(6);
    const auto results = executor.forward(batch, kTrain);
    const auto gradients = executor.backward({{results[0], net.parameters()}});
    const at::Tensor expected = net.unrolled(batch.at("x"), reverse).sum();
    std::vector<at::Tensor> leaves;
    for (const ParameterPtr& parameter : net.parameters()) leaves.push_back(net.engine().tensor(parameter));
    expected.backward();
    for (size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_TRUE(at::allclose(gradients[0][i], leaves[i].grad())) << i;
      leaves[i].mutable_grad().reset();
    }
  }
}

TEST(LoopTest, WithoutAStepTheCarryStaysAndTheStacksAreEmpty) {
  Recurrent net;
  Executor executor(net.engine(), net.graph, {net.outputs[0], net.outputs[1], net.loss});
  for (const Executor::Mode mode : {kTrain, kEvaluate}) {
    const auto results = executor.forward(rows(0), mode);
    EXPECT_TRUE(at::equal(results[0], at::zeros({4})));
    EXPECT_EQ(results[1].sizes(), (std::vector<std::int64_t>{0, 4}));
    EXPECT_EQ(results[1].scalar_type(), at::kFloat);
    EXPECT_EQ(results[2].item<double>(), 0);
  }
}

// For each row of x, the sum of all rows, weighted by the row: the inner loop depends on the outer one in its
// body alone.
TEST(LoopTest, LoopsNest) {
  SequenceBuilder net;
  LoopBuilder outer(net, {net.h, net.x});
  LoopBuilder inner(net, {net.h, net.x});
  const Value weighted = net.transform("mul", {inner[1], outer[1]});
  const auto sums = inner.end({net.transform("add", {inner[0], weighted}), weighted});
  const auto outputs = outer.end({net.transform("add", {outer[0], sums[0]}), sums[1]});
  for (const Value& value : outputs) net.graph.use({Use::Kind::output, value, ""});
  net.graph.finalize();
  Executor executor(Engine::of(net.runtime), net.graph, outputs);
  const at::Tensor x = rows(3).at("x");
  const auto results = executor.forward(rows(3), kEvaluate);
  EXPECT_TRUE(at::allclose(results[0], x.sum(0) * x.sum(0)));
  EXPECT_TRUE(at::allclose(results[1], x.unsqueeze(1) * x.unsqueeze(0)));
}

TEST(LoopTest, NoiseIsDrawnInEachStep) {
  SequenceBuilder net;
  LoopBuilder loop(net, {net.x}, 0);
  const Value noise = net.transform("randn", {}, {{"size", Shape{4}}});
  const Value stacked = loop.end({net.transform("add", {loop[0], noise})})[0];
  for (const Value& value : {stacked, net.h}) net.graph.use({Use::Kind::output, value, ""});
  net.graph.finalize();
  Executor executor(Engine::of(net.runtime), net.graph, {stacked});
  const at::Tensor drawn = executor.forward(rows(2), kEvaluate)[0] - rows(2).at("x");
  EXPECT_FALSE(at::allclose(drawn[0], drawn[1]));
}

TEST(LoopTest, AValueOfAStepCannotBeAskedFor) {
  Recurrent net;
  Executor executor(net.engine(), net.graph, {net.made});
  const auto findings = findings_of([&] { executor.forward(rows(2), kEvaluate); });
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "loop-value-escapes");
  EXPECT_THAT(findings[0].message, HasSubstr("a result is asked for of scan/tanh"));
}

TEST(LoopTest, AnInterruptedLoopStopsWithinAStep) {
  Recurrent net;
  Executor executor(net.engine(), net.graph, {net.loss});
  net.runtime.stop = 2;
  EXPECT_THROW(executor.forward(rows(2), kEvaluate), Stopped);
}

TEST(LoopTest, AFailureSaysInWhichStepItWas) {
  SequenceBuilder net;
  LoopBuilder loop(net, {net.h, net.x});
  const Value places = net.transform("to", {loop[1]}, {{"dtype", DType::int64}});
  const auto outputs =
      loop.end({net.transform("index_select", {loop[0], places}, {{"dim", std::int64_t{0}}})});
  net.graph.use({Use::Kind::output, outputs[0], ""});
  net.graph.finalize();
  Executor executor(Engine::of(net.runtime), net.graph, outputs);
  Batch batch = {{"x", at::zeros({3, 4})}};
  batch.at("x")[1][2] = 9;
  try {
    executor.forward(batch, kEvaluate);
    FAIL() << "index 9 of 4 was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("scan/index_select (index_select) failed on"));
    EXPECT_THAT(error.message(), HasSubstr("in step 2 of 3"));
  }
}

TEST(LoopTest, TheFirstNaNInAStepIsNamed) {
  SequenceBuilder net;
  LoopBuilder loop(net, {net.h, net.x});
  const Value root = net.transform("sqrt", {loop[1]});
  const auto outputs = loop.end({net.transform("add", {loop[0], root})});
  net.graph.use({Use::Kind::output, outputs[0], ""});
  net.graph.finalize();
  Executor executor(Engine::of(net.runtime), net.graph, outputs);
  FiniteWatch watch;
  executor.set_watch(&watch);
  Batch batch = rows(3);
  batch.at("x")[2][1] = -1;
  try {
    executor.forward(batch, kEvaluate);
    FAIL() << "a NaN went by";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::diverged);
    EXPECT_THAT(error.message(), HasSubstr("scan/sqrt (sqrt) became NaN in 1 of 4 places"));
    EXPECT_EQ(error.site(), root.node->origin().site);
  }
}

// h ← h + sqrt(w · x): the gradient of the product is infinite where it is 0.
TEST(LoopTest, TheFirstInfiniteGradientInAStepIsNamedUnderThePlanToo) {
  std::vector<std::string> told;
  for (const GradientEngine gradients : {GradientEngine::autograd, GradientEngine::plan}) {
    SequenceBuilder net;
    auto weight = std::make_shared<Parameter>();
    weight->name = "w";
    weight->shape = {Dim(4)};
    weight->init = Init::ones();
    const Value factor = net.graph.constant(weight, net.next_line(), "w");
    LoopBuilder loop(net, {net.h, net.x});
    const Value product = net.transform("mul", {loop[1], factor});
    const auto outputs = loop.end({net.transform("add", {loop[0], net.transform("sqrt", {product})})});
    const Value loss = net.transform("sum", {outputs[0]});
    net.graph.use({Use::Kind::output, loss, ""});
    net.graph.finalize();
    Executor executor(Engine::of(net.runtime), net.graph, {loss});
    const FiniteWatch watch;
    executor.set_watch(&watch);
    executor.set_objectives({{loss, {weight}}}, gradients);
    try {
      const std::vector<at::Tensor> values = executor.forward(rows(3), kTrain);
      executor.planned() ? executor.backward(values, 1) : executor.backward({{values[0], {weight}}});
      FAIL() << "an infinity went by";
    } catch (const Error& error) {
      told.push_back(error.what());
    }
  }
  EXPECT_EQ(told[0], told[1]);
  EXPECT_THAT(told[0], HasSubstr("the gradient of scan/mul (mul) became infinite in 1 of 4 places; it came "
                                 "back through scan/sqrt (sqrt)"));
}

double sum_of(const std::vector<NodeProfile>& profiles, const std::string& path, Quantity quantity) {
  const auto node = std::ranges::find(profiles, path, &NodeProfile::path);
  if (node == profiles.end()) return -1;
  const auto found = std::ranges::find(node->quantities, quantity, &BlockProfileRecord::quantity);
  return found == node->quantities.end() ? -1 : found->sum;
}

class LoopProfileTest : public testing::TestWithParam<GradientEngine> {};

TEST_P(LoopProfileTest, SumsOverTheSteps) {
  Recurrent net;
  Recorder recorder(net.graph, {.level = ProfileLevel::node});
  Executor executor(net.engine(), net.graph, {net.loss});
  executor.set_sink(&recorder);
  executor.set_objectives({{net.loss, net.parameters()}}, GetParam());
  const auto results = executor.forward(rows(5), kTrain);
  executor.planned() ? executor.backward(results, 1) : executor.backward({{results[0], net.parameters()}});
  const auto profiles = recorder.nodes();
  EXPECT_EQ(sum_of(profiles, "scan/linear", Quantity::flops), 5 * 2 * 4 * 4);
  EXPECT_EQ(sum_of(profiles, "scan/tanh", Quantity::tmu_bytes), 5 * 4 * 4);
  EXPECT_EQ(sum_of(profiles, "scan/exp", Quantity::tmu_bytes), 4 * 4);
  EXPECT_GT(sum_of(profiles, "scan/linear", Quantity::backward_seconds), 0);
  EXPECT_EQ(sum_of(profiles, "scan/end", Quantity::tmu_bytes), 5 * 4 * 4);
}
INSTANTIATE_TEST_SUITE_P(Engines, LoopProfileTest,
                         testing::Values(GradientEngine::autograd, GradientEngine::plan));

}  // namespace
}  // namespace orrery
