#include "runtime/engine/execution/plan_report.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "tests/engine/execution/modes.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

struct ReportedNet {
  using Make = std::function<Value(Builder&)>;
  explicit ReportedNet(const Make& make = &Builder::digits_net,
                       GradientEngine gradients = GradientEngine::automatic) {
    b.runtime.draws.seed(1);
    loss = make(b);
    b.graph.use({Use::Kind::loss, loss, "loss"});
    b.graph.finalize();
    std::vector<ParameterPtr> parameters;
    for (const Graph::Entry& entry : b.graph.state())
      if (!entry.parameter->buffer) parameters.push_back(entry.parameter);
    executor.emplace(Engine::of(b.runtime), b.graph, std::vector<Value>{loss});
    executor->set_objectives({{loss, parameters}}, gradients);
  }

  PlanReport report(std::int64_t samples = 4) {
    const auto losses = executor->forward(
        {{"image", at::rand({samples, 1, 8, 8})}, {"label", at::zeros({samples}, at::kLong)}}, kTrain);
    PlanReport found = report_plan(executor->plan(true), executor->tape(), executor->symbols());
    if (executor->planned()) executor->backward(losses, 1);
    return found;
  }

  Builder b;
  Value loss;
  std::optional<Executor> executor;
};

const PlanReport::Row& row_of(const PlanReport& report, const Value& value) {
  for (const PlanReport::Row& row : report.rows)
    if (row.node == value.node) return row;
  throw std::logic_error("no row of " + value.node->path());
}

TEST(PlanReportTest, HasEveryStepInItsOrderWithTheSizesOfTheBatch) {
  ReportedNet net;
  const PlanReport report = net.report(4);
  const Plan& plan = net.executor->plan(true);
  ASSERT_EQ(report.rows.size(), plan.steps.size());
  for (size_t i = 0; i < report.rows.size(); ++i) EXPECT_EQ(report.rows[i].node, plan.steps[i].node);
  const Value logits = net.loss.node->inputs()[0];
  const PlanReport::Row& row = row_of(report, logits);
  EXPECT_EQ(str(row.outputs.at(0).shape), "(4, 10)");
  EXPECT_EQ(row.bytes, 4 * 10 * 4);
  EXPECT_EQ(str(row_of(net.report(7), logits).outputs.at(0).shape), "(7, 10)");
}

TEST(PlanReportTest, TellsWhoComputesEachStep) {
  ReportedNet net;
  const PlanReport report = net.report();
  EXPECT_EQ(report.rows.front().forward, Computed::given);
  EXPECT_EQ(report.rows.front().backward, Computed::none);
  for (const PlanReport::Row& row : report.rows) {
    const bool within =
        row.forward == Computed::own || row.forward == Computed::fused || row.forward == Computed::view;
    EXPECT_EQ(row.segment.has_value(), within) << row.node->path();
    EXPECT_EQ(row.fused_into.has_value(), row.forward == Computed::fused) << row.node->path();
    EXPECT_TRUE(row.why.empty()) << row.node->path();
    if (!within || row.backward == Computed::none) continue;
    EXPECT_EQ(row.backward, row.forward) << row.node->path();
  }
  EXPECT_EQ(row_of(report, net.loss).forward, Computed::own);
}

TEST(PlanReportTest, SegmentsHaveTheirStepsAndShareMemory) {
  ReportedNet net;
  const PlanReport report = net.report();
  ASSERT_FALSE(report.segments.empty());
  for (size_t s = 0; s < report.segments.size(); ++s) {
    const PlanReport::SegmentRow& segment = report.segments[s];
    for (size_t i = 0; i < report.rows.size(); ++i)
      EXPECT_EQ(report.rows[i].segment == s, i >= segment.first && i < segment.first + segment.count);
    EXPECT_GT(segment.arena_bytes, 0);
    EXPECT_GT(segment.buffer_bytes, 0);
  }
}

TEST(PlanReportTest, UnderAutogradEveryTrainedStepIsRecorded) {
  ReportedNet net(&Builder::digits_net, GradientEngine::autograd);
  const PlanReport report = net.report();
  EXPECT_TRUE(report.segments.empty());
  EXPECT_EQ(row_of(report, net.loss).forward, Computed::aten);
  EXPECT_EQ(row_of(report, net.loss).backward, Computed::autograd);
  EXPECT_EQ(report.rows.front().backward, Computed::none);
}

TEST(PlanReportTest, TellsWhyAutogradTakesASingleStepOfThePlan) {
  ReportedNet net([](Builder& b) {
    const Value square = b.apply(b.linear(8, 8), {b.digits_input()[0]});
    return b.transform("mean", {b.transform("linalg_matrix_exp", {square})});
  });
  const PlanReport report = net.report();
  const PlanReport::Row& row = row_of(report, net.loss.node->inputs()[0]);
  ASSERT_EQ(derivative_of(*row.node->descriptor()), nullptr) << "take another operation for this test";
  EXPECT_EQ(row.forward, Computed::aten);
  EXPECT_EQ(row.backward, Computed::autograd);
  EXPECT_EQ(row.why, "no derivative rule");
  EXPECT_FALSE(row.segment.has_value());
}

struct WeightsOnly : UpdateSink {
  bool takes(const Parameter& parameter) const override { return parameter.name == "weight"; }
  void update(const Parameter& parameter, const at::Tensor&) override { bytes += parameter.bytes(); }
  std::int64_t bytes = 0;
};

TEST(PlanReportTest, CountsWhatIsUpdatedWithinTheBackwardPassAndItsGradients) {
  ReportedNet net;
  EXPECT_EQ(net.report().updated.count, 0u);
  WeightsOnly sink;
  net.executor->set_updates(&sink);
  std::int64_t weights = 0;
  for (const Graph::Entry& entry : net.b.graph.state()) weights += entry.parameter->name == "weight";
  const PlanReport::Updated updated = net.report().updated;
  EXPECT_EQ(static_cast<std::int64_t>(updated.count), weights);
  EXPECT_EQ(updated.bytes, sink.bytes);
  net.executor->set_updates(nullptr);
  EXPECT_EQ(net.report().updated.count, 0u);
}

// Three weights of 256 KiB beside activations of 1 KiB: gradients of which one is held at a time.
TEST(PlanReportTest, GradientsThatAreUpdatedInASegmentShareItsArena) {
  ReportedNet net([](Builder& b) {
    Value x = b.apply(b.linear(64, 256),
                      {b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}})});
    for (int i = 0; i < 3; ++i) x = b.transform("relu", {b.apply(b.linear(256, 256), {x})});
    return b.transform("mean", {x});
  });
  constexpr std::int64_t kWeight = 256 * 256 * 4;
  WeightsOnly sink;
  net.executor->set_updates(&sink);
  const PlanReport report = net.report(1);
  ASSERT_EQ(report.segments.size(), 1u);
  EXPECT_GE(report.segments[0].buffer_bytes, 3 * kWeight);
  EXPECT_GE(report.segments[0].arena_bytes, kWeight);
  EXPECT_LT(report.segments[0].arena_bytes, 2 * kWeight);
}

TEST(PlanReportTest, AnActivationBehindALayerIsFusedIntoIt) {
  ReportedNet net([](Builder& b) {
    const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
    const Value hidden = b.transform("relu", {b.apply(b.linear(64, 8), {x})});
    return b.transform("mean", {b.apply(b.linear(8, 1), {hidden})});
  });
  const PlanReport report = net.report();
  const Node* layer = net.loss.node->inputs()[0].node;
  const PlanReport::Row& relu = row_of(report, layer->inputs()[0]);
  EXPECT_EQ(relu.forward, Computed::fused);
  ASSERT_TRUE(relu.fused_into.has_value());
  EXPECT_EQ(report.rows[*relu.fused_into].node, relu.node->inputs()[0].node);
}

// Each of a pair is computed once, a constant's function once per run.
Value with_work_for_passes(Builder& b) {
  const auto fields = b.digits_input();
  auto half = std::make_shared<Parameter>();
  half->name = "half";
  half->shape = {Dim(256)};
  half->init = Init::constant(0.5);
  half->trainable = false;
  const Value factor = b.transform("exp", {b.graph.constant(half, b.next_line(), "half")});
  Value x = b.transform("relu", {b.apply(b.conv(1, 16), {fields[0]})});
  x = b.transform("flatten", {b.apply("MaxPool2d", {{"kernel_size", std::int64_t{2}}}, {x})},
                  {{"start_dim", std::int64_t{1}}});
  const auto branch = [&] { return b.transform("cumsum", {x}, {{"dim", std::int64_t{1}}}); };
  x = b.transform("mul", {b.transform("add", {branch(), branch()}), factor});
  x = b.transform("relu", {b.apply(b.linear(256, 8), {x})});
  x = b.apply(b.linear(8, 10), {x});
  const Value normed = b.apply("BatchNorm1d", {{"num_features", std::int64_t{10}}}, {x});
  return b.apply("CrossEntropyLoss", {}, {normed, fields[1]});
}

std::vector<std::string> words_of(const PassReport& report) {
  std::vector<std::string> words;
  for (const Node* node : report.nodes) words.push_back(node->path());
  return words;
}

TEST(PassReportTest, HasTheNodesAndBytesOfEachPass) {
  ReportedNet net(with_work_for_passes);
  const PlanReport report = net.report(4);
  const Plan& evaluated = net.executor->plan(false, false);
  const auto passes = report_passes(net.executor->plan(true), report, evaluated, net.executor->symbols());
  ASSERT_EQ(passes.size(), plan_passes().size());
  const auto told = [&](PlanPass pass) {
    const auto found = std::ranges::find(passes, pass, &PassReport::pass);
    EXPECT_FALSE(found->off);
    return std::pair(words_of(*found), found->bytes);
  };
  const std::int64_t rows = 4 * 4;
  using Told = std::pair<std::vector<std::string>, std::int64_t>;
  EXPECT_EQ(told(PlanPass::common_subexpressions), Told({"cumsum_2"}, 2 * rows * 256));
  EXPECT_EQ(told(PlanPass::constant_folding), Told({"exp"}, 2 * 4 * 256));
  EXPECT_EQ(told(PlanPass::dead_nodes), Told({"half"}, 0));
  EXPECT_EQ(told(PlanPass::fold_batch_norm), Told({"batch_norm1d"}, 2 * rows * 10));
  EXPECT_EQ(told(PlanPass::fuse_activations), Told({"relu_2"}, 2 * rows * 8));
  EXPECT_EQ(told(PlanPass::relu_after_max_pool), Told({"relu"}, 2 * rows * 16 * 64));
  EXPECT_FALSE(told(PlanPass::lowering).first.empty());
}

TEST(PassReportTest, TellsWhichAreOff) {
  ReportedNet net(with_work_for_passes);
  net.executor->set_passes(PassSet().without(PlanPass::constant_folding).without(PlanPass::fuse_activations));
  const PlanReport report = net.report();
  const Plan& evaluated = net.executor->plan(false, false);
  for (const PassReport& pass :
       report_passes(net.executor->plan(true), report, evaluated, net.executor->symbols())) {
    const bool off = pass.pass == PlanPass::constant_folding || pass.pass == PlanPass::fuse_activations;
    EXPECT_EQ(pass.off, off) << name(pass.pass);
    EXPECT_EQ(pass.evaluation, pass.pass == PlanPass::fold_batch_norm);
    EXPECT_TRUE(!off || pass.nodes.empty()) << name(pass.pass);
  }
}

// The pool's node is behind its relu, which stores nothing.
TEST(PlanReportTest, WhatIsFusedStoresNothing) {
  ReportedNet net;
  const PlanReport report = net.report(4);
  size_t fused = 0;
  for (const PlanReport::Row& row : report.rows)
    if (row.forward == Computed::fused) {
      EXPECT_EQ(row.bytes, 0);
      ++fused;
    }
  EXPECT_GT(fused, 0U);
}

TEST(PlanReportTest, TellsViewsFromThoseThatAreCopied) {
  Value viewed, copied, dropped;
  ReportedNet net([&](Builder& b) {
    const std::vector<Value> fields = b.digits_input();
    const Value flat = b.transform("flatten", {fields[0]}, {{"start_dim", std::int64_t{1}}});
    viewed = b.transform("unflatten", {b.apply(b.linear(64, 12), {flat})},
                         {{"dim", std::int64_t{1}}, {"sizes", Shape{Dim(3), Dim(4)}}});
    copied = b.transform("transpose", {viewed}, {{"dim0", std::int64_t{1}}, {"dim1", std::int64_t{2}}});
    dropped = b.apply("Dropout", {{"p", 0.0}}, {b.transform("tanh", {copied})});
    const Value joined = b.transform("flatten", {dropped}, {{"start_dim", std::int64_t{1}}});
    return b.apply("CrossEntropyLoss", {}, {b.apply(b.linear(12, 10), {joined}), fields[1]});
  });
  const PlanReport report = net.report();
  EXPECT_EQ(row_of(report, viewed).forward, Computed::view);
  EXPECT_EQ(row_of(report, copied).forward, Computed::own);
  EXPECT_EQ(row_of(report, copied).backward, Computed::own);
  EXPECT_EQ(row_of(report, dropped).forward, Computed::view);
}

}  // namespace
}  // namespace orrery
