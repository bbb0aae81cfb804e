// Loops as notes of the static plan: autograd records each within it.
#include <algorithm>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/plan_report.h"
#include "tests/engine/execution/peak.h"
#include "tests/engine/execution/two_engines.h"
#include "tests/files/error_of.h"
#include "tests/graph/loop_builder.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Batch rows(std::int64_t count) {
  return {{"x", (at::arange(count * 4, at::kFloat).view({count, 4}) / 5).sin()}};
}

// h ← tanh(fc(h) + x · scale), where scale = sin(before(x)) summed over the rows; behind the loop a layer.
struct TapedLoop : SequenceBuilder {
  TapedLoop() {
    before = linear(4, 4), fc = linear(4, 4), behind = linear(4, 4);
    first_made = apply(before, {x});
    const Value seen = transform("sin", {first_made});
    scale = transform("sum", {seen}, {{"dim", std::vector<std::int64_t>{0}}});
    LoopBuilder loop(*this, {h, seen});
    const Value scaled = transform("mul", {loop[1], scale});
    made = transform("tanh", {transform("add", {apply(fc, {loop[0]}), scaled})});
    outputs = loop.end({made, made});
    last_made = apply(behind, {outputs[1]});
    const Value last = transform("tanh", {last_made});
    loss = transform("sum", {transform("mul", {last, scale})});
  }
  std::vector<ParameterPtr> all() const {
    std::vector<ParameterPtr> found;
    for (const LayerPtr& layer : {before, fc, behind})
      for (const ParameterPtr& parameter : layer->parameters()) found.push_back(parameter);
    return found;
  }
  LayerPtr before, fc, behind;
  Value first_made, scale, made, last_made, loss;
  std::vector<Value> outputs;
};

TEST(TapedLoopTest, HasTheGradientsOfAutogradForEveryLength) {
  TapedLoop net;
  TwoEngines two(net, {{net.loss, net.all()}}, {net.outputs[0]});
  for (const std::int64_t length : {5, 1, 3, 0}) two.expect_alike(rows(length));
}

TEST(TapedLoopTest, TellsWhatALoopReadsFromOutside) {
  TapedLoop net;
  net.graph.use({Use::Kind::loss, net.loss, ""});
  net.graph.finalize();
  const Plan plan = make_plan({net.loss}, true);
  const auto loop = std::ranges::find_if(plan.steps, [](const Step& step) { return step.loop != nullptr; });
  ASSERT_NE(loop, plan.steps.end());
  std::vector<std::string> read;
  for (const Value& value : loop->values()) read.push_back(value.node->path());
  EXPECT_THAT(read, ElementsAre("h", "sin", "sum"));
  ASSERT_EQ(loop->reads().size(), 3U);
  for (size_t i = 0; i < 3; ++i) EXPECT_GE(loop->reads()[i], 0);
}

// What a loop reads leaves its segment, and a gradient comes back to it.
TEST(TapedLoopTest, LiesBetweenSegments) {
  TapedLoop net;
  TwoEngines two(net, {{net.loss, net.all()}});
  two.expect_alike(rows(4));
  two.planning.forward(rows(4), kTrain);
  const PlanReport report = report_plan(two.planning.plan(true), two.planning.tape(), two.planning.symbols());
  const auto segment_of = [&](const Value& value) {
    return std::ranges::find(report.rows, value.node, &PlanReport::Row::node)->segment;
  };
  EXPECT_TRUE(segment_of(net.first_made).has_value());
  EXPECT_TRUE(segment_of(net.last_made).has_value());
  EXPECT_NE(segment_of(net.first_made), segment_of(net.last_made));
  for (const PlanReport::Row& row : report.rows) {
    const bool inside = row.node->path().starts_with("scan/") && row.backward == Computed::autograd;
    EXPECT_FALSE(row.segment && row.node->path().starts_with("scan/")) << row.node->path();
    EXPECT_EQ(row.why, inside ? "part of the loop scan" : "") << row.node->path();
  }
}

TEST(TapedLoopTest, IsComputedPlainlyWhereNothingOfItIsTrained) {
  TapedLoop net;
  TwoEngines two(net, {{net.loss, net.behind->parameters()}});
  two.expect_alike(rows(3));
  two.planning.forward(rows(3), kTrain);
  EXPECT_FALSE(two.planning.tape()->has(*net.outputs[0].node));
}

TEST(TapedLoopTest, FrozenLayersGetNoGradient) {
  for (const bool inside : {false, true}) {
    TapedLoop net;
    (inside ? net.fc : net.before)->set_trainable(false);
    TwoEngines two(net, {{net.loss, net.all()}});
    two.expect_alike(rows(3));
    (inside ? net.fc : net.before)->set_trainable(true);
    two.expect_alike(rows(3));
  }
}

// What a step hands to the next depends on the layer, what the first step reads does not.
TEST(TapedLoopTest, GradientsComeBackThroughTheCarryAlone) {
  SequenceBuilder net;
  const LayerPtr fc = net.linear(4, 4);
  LoopBuilder loop(net, {net.h, net.x});
  const Value doubled = net.transform("sin", {net.transform("add", {loop[0], loop[1]})});
  const auto outputs = loop.end({net.apply(fc, {doubled}), doubled});
  TwoEngines two(net, {{net.transform("sum", {outputs[1]}), fc->parameters()}});
  two.expect_alike(rows(4));
  EXPECT_GT(two.planned(rows(4)).gradients[0][0].abs().sum().item<double>(), 0);
}

TEST(TapedLoopTest, LoopsWithinLoopsAndBehindLoopsAreAlike) {
  SequenceBuilder net;
  const LayerPtr fc = net.linear(4, 4), other = net.linear(4, 4);
  const Value seen = net.apply(other, {net.x});
  LoopBuilder outer(net, {net.h, seen});
  LoopBuilder inner(net, {net.h, seen});
  const Value weighted = net.transform("mul", {net.apply(fc, {inner[1]}), outer[1]});
  const auto sums = inner.end({net.transform("add", {inner[0], weighted}), weighted});
  const auto outputs = outer.end({net.transform("add", {outer[0], sums[0]})});
  LoopBuilder last(net, {outputs[0], seen});
  const auto ends =
      last.end({net.transform("tanh", {net.transform("add", {net.apply(fc, {last[0]}), last[1]})})});
  std::vector<ParameterPtr> parameters = fc->parameters();
  for (const ParameterPtr& parameter : other->parameters()) parameters.push_back(parameter);
  TwoEngines two(net, {{net.transform("sum", {ends[0]}), parameters}});
  two.expect_alike(rows(3));
}

TEST(TapedLoopTest, SeveralObjectivesTakeTheirGradientsFromOnePass) {
  TapedLoop net;
  const Value other = net.transform("mean", {net.outputs[0]});
  TwoEngines two(net, {{net.loss, net.all()}, {other, net.fc->parameters()}});
  two.expect_alike(rows(3));
  two.set_due({1});
  two.expect_alike(rows(3));
}

// Gathers what is updated within the backward pass.
struct Gathering : UpdateSink {
  bool takes(const Parameter&) const override { return true; }
  void update(const Parameter& parameter, const at::Tensor& gradient) override {
    gradients[&parameter] = gradient.clone();
    order.push_back(&parameter);
  }
  std::map<const Parameter*, at::Tensor> gradients;
  std::vector<const Parameter*> order;
};

// A loop lets go of its turns one by one: until it is through, the step must be one that can be done again.
TEST(TapedLoopTest, NothingIsUpdatedBeforeALoopsDerivative) {
  TapedLoop net;
  TwoEngines two(net, {{net.loss, net.all()}});
  const TwoEngines::Result wanted = two.recorded(rows(3));
  Gathering sink;
  two.planning.set_updates(&sink);
  const TwoEngines::Result found = two.planned(rows(3));
  for (size_t i = 0; i < net.all().size(); ++i) {
    const auto updated = sink.gradients.find(net.all()[i].get());
    TwoEngines::expect_near(updated == sink.gradients.end() ? found.gradients[0][i] : updated->second,
                            wanted.gradients[0][i], 1e-5, "gradient");
  }
  const auto place = [&](const LayerPtr& layer) {
    return std::ranges::find(sink.order, layer->parameters()[0].get()) - sink.order.begin();
  };
  EXPECT_LT(place(net.fc), place(net.before));
  EXPECT_EQ(place(net.behind), std::ssize(sink.order));
}

// The loop's backward pass reads the weight that the layer behind it has a gradient for first.
TEST(TapedLoopTest, AWeightThatALoopReadsToo_IsUpdatedBehindTheLoop) {
  SequenceBuilder net;
  const LayerPtr shared = net.linear(4, 4);
  LoopBuilder loop(net, {net.h, net.apply(shared, {net.x})});
  const Value made = net.transform("tanh", {net.transform("add", {net.apply(shared, {loop[0]}), loop[1]})});
  const auto outputs = loop.end({made, made});
  const Value loss = net.transform("sum", {net.transform("sin", {net.apply(shared, {outputs[1]})})});
  TwoEngines two(net, {{loss, shared->parameters()}});
  const TwoEngines::Result wanted = two.recorded(rows(3));
  Gathering sink;
  two.planning.set_updates(&sink);
  two.planned(rows(3));
  EXPECT_EQ(sink.order.size(), 2U);
  for (size_t i = 0; i < 2; ++i)
    TwoEngines::expect_near(sink.gradients.at(shared->parameters()[i].get()), wanted.gradients[0][i], 1e-5,
                            "gradient");
}

TEST(TapedLoopTest, AFailureInsideNamesItsNodeAndLeavesThePlanUsable) {
  TapedLoop net;
  TwoEngines two(net, {{net.loss, net.all()}});
  net.runtime.stop = 2;
  EXPECT_THROW(two.planning.forward(rows(3), kTrain), Stopped);
  net.runtime.stop = 0;
  two.expect_alike(rows(3));
}

// h ← tanh(h + x), where x = tanh(norm(input)) is by far the largest value; behind the loop again a norm.
struct WideLoop : SequenceBuilder {
  static constexpr std::int64_t kWidth = 4096;

  WideLoop() : SequenceBuilder(kWidth) {
    const auto normed = [&](const Value& of) {
      const LayerPtr norm = layer("LayerNorm", {{"normalized_shape", std::vector<std::int64_t>{kWidth}}});
      for (const ParameterPtr& parameter : norm->parameters()) all.push_back(parameter);
      return transform("tanh", {apply(norm, {of})});
    };
    LoopBuilder loop(*this, {h, normed(x)});
    const Value made = transform("tanh", {transform("add", {loop[0], loop[1]})});
    const Value last = normed(loop.end({made, made})[1]);
    const LayerPtr head = linear(kWidth, 1);
    all.push_back(head->parameter("bias"));
    loss = transform("mean", {transform("tanh", {apply(head, {last})})});
  }
  static Batch rows(std::int64_t count) {
    return {{"x", (at::arange(count * kWidth, at::kFloat).view({count, kWidth}) / 5).sin()}};
  }
  std::vector<ParameterPtr> all;
  Value loss;
};

TEST(TapedLoopTest, SegmentsReturnTheirMemoryToLoops) {
  WideLoop net;
  TwoEngines two(net, {{net.loss, net.all}});
  two.expect_alike(net.rows(7));
  const std::int64_t planned = peak_of([&] { two.planned(net.rows(32)); });
  const std::int64_t recorded = peak_of([&] { two.recorded(net.rows(32)); });
  two.planning.forward(net.rows(32), kTrain);
  const LoweredPlan& lowered = *two.planning.tape()->lowered();
  const std::int64_t value = 32 * WideLoop::kWidth * std::int64_t{sizeof(float)};
  EXPECT_GE(lowered.bytes(), value);
  EXPECT_LT(lowered.held_bytes(), value / 8);
  EXPECT_LE(static_cast<double>(planned + lowered.held_bytes()), 1.01 * static_cast<double>(recorded));
}

TEST(TapedLoopTest, WithoutALoopSegmentsKeepTheirMemory) {
  RowsBuilder b;
  const LayerPtr fc = b.square();
  const Value loss = b.transform("sum", {b.transform("tanh", {b.apply(fc, {b.x})})});
  TwoEngines two(b, {{loss, fc->parameters()}});
  two.planning.forward({{"x", at::ones({3, 4})}, {"label", at::zeros({3}, at::kLong)}}, kTrain);
  const LoweredPlan& lowered = *two.planning.tape()->lowered();
  EXPECT_GT(lowered.held_bytes(), 0);
  EXPECT_EQ(lowered.held_bytes(), lowered.bytes());
}

TEST(TapedLoopTest, EvaluationTakesSegmentsAroundLoops) {
  TapedLoop net;
  TwoEngines two(net, {{net.loss, net.all()}});
  two.planning.forward(rows(3), kTrain);
  const at::Tensor lowered = two.planning.forward(rows(3), kEvaluate)[0];
  two.planning.set_lowering(false);
  TwoEngines::expect_near(two.planning.forward(rows(3), kEvaluate)[0], lowered, 1e-6, "loss");
}

}  // namespace
}  // namespace orrery
