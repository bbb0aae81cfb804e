#include <gtest/gtest.h>

#include "runtime/engine/profile/recorder.h"
#include "tests/engine/profile/recorded_net.h"

namespace orrery {
namespace {

TEST(RecorderTest, BytesAreThoseCountedByHand) {
  SmallNet net;
  net.step(5);
  const auto records = net.recorder->take_epoch();
  // body: Linear (5, 4) and relu (5, 4); flatten is a view.
  EXPECT_EQ(mean(records, "body", Quantity::tmu_bytes), 2 * 5 * 4 * kFloat);
  EXPECT_EQ(mean(records, "head", Quantity::tmu_bytes), 5 * 2 * kFloat);
  // the graph itself: the batch (5, 3) and the scalar loss.
  EXPECT_EQ(mean(records, "", Quantity::tmu_bytes), (5 * 3 + 1) * kFloat);
  EXPECT_EQ(mean(records, "body", Quantity::lmu_bytes), (3 * 4 + 4) * kFloat);
  EXPECT_EQ(mean(records, "body", Quantity::lgu_bytes), (3 * 4 + 4) * kFloat);
  EXPECT_EQ(mean(records, "head", Quantity::lmu_bytes), (4 * 2 + 2) * kFloat);
  EXPECT_EQ(mean(records, "head", Quantity::lgu_bytes), (4 * 2 + 2) * kFloat);
  EXPECT_EQ(mean(records, "", Quantity::lmu_bytes), 0);
  // gradients of relu's (5, 4) and Linear's (5, 4) outputs; flatten's is a view of the former.
  EXPECT_EQ(mean(records, "body", Quantity::tgu_bytes), 2 * 5 * 4 * kFloat);
  // the gradient of a sum is one expanded number, and it is the loss's own.
  EXPECT_EQ(mean(records, "", Quantity::tgu_bytes) + mean(records, "head", Quantity::tgu_bytes), kFloat);
}

TEST(RecorderTest, GradientsThatAreLetGoOfWithinTheBackwardPassCountToo) {
  struct Taking : UpdateSink {
    bool takes(const Parameter& parameter) const override { return parameter.name == "weight"; }
    void update(const Parameter&, const at::Tensor&) override { ++taken; }
    int taken = 0;
  } sink;
  SmallNet net;
  std::vector<ParameterPtr> all = net.first->parameters();
  all.insert(all.end(), net.second->parameters().begin(), net.second->parameters().end());
  net.executor->set_objectives({{net.loss, all}}, GradientEngine::plan);
  net.executor->set_updates(&sink);
  net.executor->backward({net.executor->forward({{"x", at::ones({5, 3})}}, kTrain)[0]}, 1);
  EXPECT_EQ(sink.taken, 2);
  const auto records = net.recorder->take_epoch();
  EXPECT_EQ(mean(records, "body", Quantity::lgu_bytes), (3 * 4 + 4) * kFloat);
  EXPECT_EQ(mean(records, "head", Quantity::lgu_bytes), (4 * 2 + 2) * kFloat);
}

TEST(RecorderTest, FlopsAreThoseOfTheDescriptors) {
  SmallNet net;
  net.step(5);
  net.step(2);
  const auto records = net.recorder->take_epoch();
  const BlockProfileRecord* body = find(records, "body", Quantity::flops);
  ASSERT_NE(body, nullptr);
  EXPECT_EQ(body->max, 2 * 5 * 3 * 4);
  EXPECT_EQ(body->min, 2 * 2 * 3 * 4);
  EXPECT_EQ(body->count, 2);
  EXPECT_EQ(body->sum, body->min + body->max);
}

TEST(RecorderTest, AViewCountsNothingAndASharedWeightOnce) {
  Builder b;
  const Dim n = Dim::symbol("N");
  const auto fields = b.graph.input({{{"x", {{n, 2}, DType::float32}, false}}, {}, "{}"}, b.next_line());
  const LayerPtr shared = b.linear(2, 2);
  const Value x = b.apply(shared, {b.apply(shared, {fields[0]})});
  const Value view = b.transform("transpose", {x}, {{"dim0", std::int64_t{0}}, {"dim1", std::int64_t{1}}});
  const Value same = b.apply("Identity", {}, {view});
  const Value loss = b.transform("sum", {same});
  b.graph.use({Use::Kind::loss, loss, "loss"});
  b.graph.finalize();
  Executor executor(Engine::of(b.runtime), b.graph, {loss});
  Recorder recorder(b.graph, {.level = ProfileLevel::node});
  executor.set_sink(&recorder);
  executor.backward({{executor.forward({{"x", at::ones({3, 2})}}, kTrain)[0], shared->parameters()}});
  const auto nodes = recorder.nodes();
  EXPECT_EQ(of_node(nodes, "transpose", Quantity::tmu_bytes), 0);
  EXPECT_EQ(of_node(nodes, "identity", Quantity::tmu_bytes), 0);
  EXPECT_EQ(of_node(nodes, "linear", Quantity::lmu_bytes), (4 + 2) * kFloat);
  EXPECT_EQ(of_node(nodes, "linear_2", Quantity::lmu_bytes), 0);
  EXPECT_EQ(mean(recorder.take_epoch(), "", Quantity::lmu_bytes), (4 + 2) * kFloat);
}

TEST(RecorderTest, AWindowIntoTheDataSetCountsAsTheBatchAlone) {
  SmallNet net;
  const at::Tensor all = at::ones({1000, 3});
  net.executor->forward({{"x", all.narrow(0, 10, 5)}}, kTrain);
  EXPECT_EQ(of_node(net.recorder->nodes(), "input", Quantity::tmu_bytes), 5 * 3 * kFloat);
}

TEST(RecorderTest, PeakHoldsTheOutputsThatWereAliveTogether) {
  SmallNet net;
  net.step(100);
  const auto records = net.recorder->take_epoch();
  // While head runs: Linear's and relu's outputs are kept for the backward pass, its own is made.
  EXPECT_GE(mean(records, "head", Quantity::peak_bytes), (100 * 4 + 100 * 4 + 100 * 2) * kFloat);
  EXPECT_LT(mean(records, "head", Quantity::peak_bytes), 20 * 100 * 4 * kFloat);
}

TEST(RecorderTest, OptimizerStateBelongsToItsParametersBlock) {
  SmallNet net;
  net.recorder->set_optimizer_bytes(*net.first->parameter("weight"), 96);
  net.step(2);
  const auto records = net.recorder->take_epoch();
  EXPECT_EQ(mean(records, "body", Quantity::optimizer_bytes), 96);
  EXPECT_EQ(mean(records, "head", Quantity::optimizer_bytes), 0);
}

TEST(RecorderTest, AtTheLevelOfBlocksSizesAreThoseOfTheirNodes) {
  SmallNet of_nodes, of_blocks({ProfileLevel::block});
  for (SmallNet* net : {&of_nodes, &of_blocks})
    for (const std::int64_t batch : {5, 2, 5}) net->step(batch);
  EXPECT_TRUE(of_blocks.recorder->nodes().empty());
  const auto nodes = of_nodes.recorder->take_epoch(), blocks = of_blocks.recorder->take_epoch();
  for (const BlockProfileRecord& block : blocks) {
    const BlockProfileRecord* const same = find(nodes, block.path, block.quantity);
    ASSERT_NE(same, nullptr) << block.path << " " << info(block.quantity).name;
    EXPECT_EQ(block.count, same->count);
    if (info(block.quantity).unit == "s" || block.quantity == Quantity::peak_bytes) continue;
    EXPECT_EQ(block.sum, same->sum) << block.path << " " << info(block.quantity).name;
    EXPECT_EQ(block.max, same->max) << block.path << " " << info(block.quantity).name;
  }
}

TEST(RecorderTest, StepsOfTheSameSizesHaveTheSizesOfTheFirst) {
  SmallNet net;
  for (const std::int64_t batch : {5, 2, 5, 5, 2}) net.step(batch);
  const auto records = net.recorder->take_epoch();
  const BlockProfileRecord* head = find(records, "head", Quantity::tmu_bytes);
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(head->count, 5);
  EXPECT_EQ(head->sum, (3 * 5 + 2 * 2) * 2 * kFloat);
  EXPECT_EQ(find(records, "head", Quantity::lgu_bytes)->sum, 5 * (4 * 2 + 2) * kFloat);
}

TEST(RecorderTest, ATensorThatIsFrozenWithinAnEpochHasNoGradientFromThenOn) {
  for (const GradientEngine engine : {GradientEngine::plan, GradientEngine::autograd}) {
    SmallNet net;
    net.executor->set_objectives({{net.loss, net.head()}}, engine);
    const auto step = [&] {
      const at::Tensor loss = net.executor->forward({{"x", at::ones({5, 3})}}, kTrain)[0];
      engine == GradientEngine::plan ? net.executor->backward({loss}, 1)
                                     : net.executor->backward({{loss, net.head()}});
    };
    step();
    net.second->parameter("bias")->trainable = false;
    step();
    step();
    net.second->parameter("bias")->trainable = true;
    step();
    const auto records = net.recorder->take_epoch();
    const BlockProfileRecord* gradients = find(records, "head", Quantity::lgu_bytes);
    ASSERT_NE(gradients, nullptr);
    EXPECT_EQ(gradients->max, (4 * 2 + 2) * kFloat);
    EXPECT_EQ(gradients->min, 4 * 2 * kFloat);
    EXPECT_EQ(gradients->sum, (4 * 4 * 2 + 2 * 2) * kFloat);
  }
}

// Twice: in the first step something may be allocated once for all.
TEST(RecorderTest, SizesAreMeasuredInTheFirstStepsOfTwoEpochs) {
  SmallNet net;
  Recorder& told = *net.recorder;
  const Node& linear = *net.b.graph.nodes()[1];
  const auto measures = [&](std::int64_t batch) {
    told.begin_step({{"N", batch}}, 0);
    const bool measures = told.wants_tensors();
    told.begin_node(linear);
    told.end_node(linear, {}, std::vector{at::ones({batch, 4})}, false);
    told.end_forward();
    return measures;
  };
  EXPECT_TRUE(measures(5));
  EXPECT_FALSE(measures(5));
  told.take_epoch();
  EXPECT_TRUE(measures(5));
  EXPECT_FALSE(measures(5));
  told.take_epoch();
  EXPECT_FALSE(measures(5));
  EXPECT_TRUE(measures(2));
  EXPECT_FALSE(measures(5));
  const auto records = told.take_epoch();
  const BlockProfileRecord* body = find(records, "body", Quantity::tmu_bytes);
  ASSERT_NE(body, nullptr);
  EXPECT_EQ(body->count, 3);
  EXPECT_EQ(body->sum, (5 + 5 + 2) * 4 * kFloat);
}

TEST(RecorderTest, BytesMovedAreThoseOfTheDescriptors) {
  SmallNet net;
  net.step(5);
  const auto nodes = net.recorder->nodes();
  EXPECT_EQ(of_node(nodes, "body/linear", Quantity::bytes_moved), (5 * 3 + 3 * 4 + 4 + 5 * 4) * kFloat);
  EXPECT_EQ(of_node(nodes, "body/relu", Quantity::bytes_moved), 2 * 5 * 4 * kFloat);
  EXPECT_EQ(of_node(nodes, "body/flatten", Quantity::bytes_moved), 0);
}

TEST(RecorderTest, ScratchIsWhatANodeGivesBack) {
  Builder b;
  const Dim n = Dim::symbol("N");
  const auto fields = b.graph.input({{{"x", {{n, 500}, DType::float32}, false}}, {}, "{}"}, b.next_line());
  const Value x = b.transform("logsumexp", {fields[0]}, {{"dim", std::vector<std::int64_t>{1}}});
  const Value loss = b.transform("sum", {b.transform("exp", {x})});
  b.graph.use({Use::Kind::loss, loss, "loss"});
  b.graph.finalize();
  Executor executor(Engine::of(b.runtime), b.graph, {loss});
  Recorder recorder(b.graph, {.level = ProfileLevel::node});
  executor.set_sink(&recorder);
  executor.forward({{"x", at::ones({20, 500})}}, kTrain);
  const auto nodes = recorder.nodes();
  EXPECT_GE(of_node(nodes, "logsumexp", Quantity::scratch_bytes), 20 * 500 * kFloat);
  EXPECT_EQ(of_node(nodes, "exp", Quantity::scratch_bytes), 0);
}

TEST(RecorderTest, WhatIsAllocatedIsSomebodysOrTheRemainder) {
  SmallNet net;
  net.recorder->set_optimizer_bytes(*net.first->parameter("weight"), 96);
  net.step(2);
  net.recorder->set_allocated({10'000, 12'000});
  const auto records = net.recorder->take_epoch();
  EXPECT_EQ(mean(records, "", Quantity::allocated_bytes), 10'000);
  EXPECT_EQ(mean(records, "", Quantity::allocated_peak_bytes), 12'000);
  double known = mean(records, "", Quantity::arena_bytes) + mean(records, "", Quantity::remainder_bytes);
  for (const char* path : {"", "body", "head"})
    known += mean(records, path, Quantity::lmu_bytes) + mean(records, path, Quantity::optimizer_bytes);
  EXPECT_EQ(known, 10'000);
  EXPECT_EQ(find(records, "body", Quantity::remainder_bytes), nullptr);
}

}  // namespace
}  // namespace orrery
