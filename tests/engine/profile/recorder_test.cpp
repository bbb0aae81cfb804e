#include "runtime/engine/profile/recorder.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/profile/memory_watch.h"
#include "runtime/engine/profile/node_clock.h"
#include "runtime/engine/profile/storage_ledger.h"
#include "tests/engine/execution/modes.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

constexpr std::int64_t kFloat = 4;

const BlockProfileRecord* find(const std::vector<BlockProfileRecord>& records, const std::string& path,
                               Quantity quantity) {
  const auto found = std::ranges::find_if(records, [&](const BlockProfileRecord& record) {
    return record.path == path && record.quantity == quantity;
  });
  return found == records.end() ? nullptr : &*found;
}

double mean(const std::vector<BlockProfileRecord>& records, const std::string& path, Quantity quantity) {
  const BlockProfileRecord* record = find(records, path, quantity);
  return record ? record->mean : -1;
}

double of_node(const std::vector<NodeProfile>& nodes, const std::string& path, Quantity quantity) {
  for (const NodeProfile& node : nodes) {
    if (node.path == path) return mean(node.quantities, path, quantity);
  }
  return -2;
}

// x (N, 3) → body { Linear(3, 4), relu, flatten } → head { Linear(4, 2) } → sum
struct SmallNet {
  explicit SmallNet(ProfileChoice level = {.level = ProfileLevel::node}) {
    const Dim n = Dim::symbol("N");
    const auto fields = b.graph.input({{{"x", {{n, 3}, DType::float32}, false}}, {}, "{}"}, b.next_line());
    b.graph.begin_block("body", b.next_line());
    first = b.linear(3, 4);
    Value x = b.transform("relu", {b.apply(first, {fields[0]})});
    x = b.transform("flatten", {x}, {{"start_dim", std::int64_t{1}}});
    b.graph.end_block();
    b.graph.begin_block("head", b.next_line());
    second = b.linear(4, 2);
    x = b.apply(second, {x});
    b.graph.end_block();
    loss = b.transform("sum", {x});
    b.graph.use({Use::Kind::loss, loss, "loss"});
    b.graph.finalize();
    executor = std::make_unique<Executor>(Engine::of(b.runtime), b.graph, std::vector{loss});
    recorder = std::make_unique<Recorder>(b.graph, level);
    executor->set_sink(recorder.get());
  }

  void step(std::int64_t batch) {
    const at::Tensor out = executor->forward({{"x", at::ones({batch, 3})}}, kTrain)[0];
    std::vector<ParameterPtr> all = first->parameters();
    all.insert(all.end(), second->parameters().begin(), second->parameters().end());
    executor->backward({{out, all}});
  }

  const std::vector<ParameterPtr>& head() const { return second->parameters(); }

  Builder b;
  LayerPtr first, second;
  Value loss;
  std::unique_ptr<Executor> executor;
  std::unique_ptr<Recorder> recorder;
};

TEST(RecorderTest, OfNodesSideBySideEachHasItsOwnTime) {
  SmallNet net;
  const Node& node = *net.b.graph.nodes()[1];
  Recorder& told = *net.recorder;
  told.begin_step({{"N", 5}}, 0);
  told.begin_side_by_side();
  told.begin_node(node);
  told.took(7);
  told.end_node(node, {}, {}, false);
  told.end_forward();
  told.begin_backward();
  told.begin_side_by_side();
  told.gradients_arrive(node, {});
  told.took(9);
  told.end_backward({}, {});
  const auto nodes = told.nodes();
  EXPECT_NEAR(of_node(nodes, node.path(), Quantity::forward_seconds), 7, 0.5);
  EXPECT_NEAR(of_node(nodes, node.path(), Quantity::backward_seconds), 9, 0.5);
}

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

// One node does far more work than the others together: its time must be found with it, in both passes.
TEST(RecorderTest, TimeIsFoundWithTheNodeThatTakesIt) {
  Builder b;
  const Dim n = Dim::symbol("N");
  const auto fields = b.graph.input({{{"x", {{n, 16}, DType::float32}, false}}, {}, "{}"}, b.next_line());
  b.graph.begin_block("small", b.next_line());
  Value x = b.apply(b.linear(16, 16), {fields[0]});
  b.graph.end_block();
  b.graph.begin_block("large", b.next_line());
  x = b.apply(b.linear(16, 20000), {x});
  b.graph.end_block();
  const Value loss = b.transform("mean", {x});
  b.graph.use({Use::Kind::loss, loss, "loss"});
  b.graph.finalize();
  Executor executor(Engine::of(b.runtime), b.graph, {loss});
  Recorder recorder(b.graph);
  executor.set_sink(&recorder);
  std::vector<ParameterPtr> parameters;
  for (const auto& entry : b.graph.state()) parameters.push_back(entry.parameter);
  for (int i = 0; i < 3; ++i)
    executor.backward({{executor.forward({{"x", at::ones({64, 16})}}, kTrain)[0], parameters}});
  const auto records = recorder.take_epoch();
  for (const Quantity quantity : {Quantity::forward_seconds, Quantity::backward_seconds}) {
    EXPECT_GT(find(records, "large", quantity)->min, 0);
    EXPECT_GT(find(records, "small", quantity)->min, 0);
    EXPECT_GT(find(records, "large", quantity)->sum, find(records, "small", quantity)->sum);
  }
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

TEST(RecorderTest, AnEpochEndsWithItsRecords) {
  SmallNet net;
  net.step(5);
  net.step(5);
  EXPECT_EQ(find(net.recorder->take_epoch(), "body", Quantity::tmu_bytes)->count, 2);
  EXPECT_TRUE(net.recorder->take_epoch().empty());
  net.step(5);
  EXPECT_EQ(find(net.recorder->take_epoch(), "body", Quantity::tmu_bytes)->count, 1);
}

TEST(RecorderTest, WithoutABackwardPassNothingIsSaidAboutGradients) {
  SmallNet net;
  net.executor->forward({{"x", at::ones({2, 3})}}, kTrain);
  const auto records = net.recorder->take_epoch();
  EXPECT_NE(find(records, "body", Quantity::forward_seconds), nullptr);
  EXPECT_EQ(find(records, "body", Quantity::backward_seconds), nullptr);
  EXPECT_EQ(find(records, "body", Quantity::tgu_bytes), nullptr);
  EXPECT_EQ(find(records, "body", Quantity::device_seconds), nullptr);
}

TEST(RecorderTest, AFailedStepLeavesNoTrace) {
  SmallNet net;
  net.b.runtime.stop = 2;
  EXPECT_THROW(net.step(5), Stopped);
  net.b.runtime.stop = 0;
  EXPECT_TRUE(net.recorder->take_epoch().empty());
  net.step(5);
  EXPECT_EQ(find(net.recorder->take_epoch(), "head", Quantity::tmu_bytes)->count, 1);
}

TEST(RecorderTest, ABackwardPassAfterTheRecorderIsGoneIsHarmless) {
  SmallNet net;
  const at::Tensor out = net.executor->forward({{"x", at::ones({2, 3})}}, kTrain)[0];
  net.executor->set_sink(nullptr);
  net.recorder.reset();
  EXPECT_NO_THROW(net.executor->backward({{out, net.first->parameters()}}));
}

TEST(RecorderTest, RecordingChangesNoResult) {
  const auto run = [](bool recorded) {
    SmallNet net;
    for (const LayerPtr& layer : {net.first, net.second}) {
      for (const ParameterPtr& p : layer->parameters())
        Engine::of(net.b.runtime)
            .assign(p, at::arange(numel(p->shape).value(), at::kFloat).view(values(p->shape)) / 10);
    }
    if (!recorded) net.executor->set_sink(nullptr);
    const at::Tensor out = net.executor->forward({{"x", at::ones({4, 3})}}, kTrain)[0];
    return net.executor->backward({{out, net.first->parameters()}})[0][0];
  };
  EXPECT_TRUE(at::equal(run(true), run(false)));
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

std::int64_t node_time = 0;
std::int64_t time_of_nodes() { return node_time; }

// The first node's 100 ns are of a pass that computes the second, too.
TEST(RecorderTest, ThePassOfTwoNodesIsSplitByTheirCostAndMarked) {
  SmallNet net;
  Recorder told(net.b.graph, {.level = ProfileLevel::node}, time_of_nodes);
  const Node &linear = *net.b.graph.nodes()[1], &relu = *net.b.graph.nodes()[2];
  told.begin_step({{"N", 5}}, 0);
  told.fused(relu, linear);
  told.begin_node(linear);
  node_time += 100;
  told.end_node(linear, {}, {}, false);
  told.begin_node(relu);
  told.end_node(relu, {}, {}, false);
  told.end_forward();
  const auto nodes = told.nodes();
  // Linear moves (5 × 3 + 3 × 4 + 4 + 5 × 4) × 4 bytes, relu 2 × 5 × 4 × 4: more than their FLOPs.
  EXPECT_DOUBLE_EQ(of_node(nodes, linear.path(), Quantity::fused_share), 204.0 / 364);
  EXPECT_DOUBLE_EQ(of_node(nodes, relu.path(), Quantity::fused_share), 160.0 / 364);
  EXPECT_DOUBLE_EQ(of_node(nodes, linear.path(), Quantity::forward_seconds), 57e-9);
  EXPECT_DOUBLE_EQ(of_node(nodes, relu.path(), Quantity::forward_seconds), 43e-9);
  EXPECT_EQ(of_node(nodes, "input", Quantity::fused_share), -2);
}

TEST(RecorderTest, NodesThatTheClockIsToldOfHaveTheirTimes) {
  SmallNet net;
  Recorder told(net.b.graph, {.level = ProfileLevel::node}, time_of_nodes);
  const Node &linear = *net.b.graph.nodes()[1], &relu = *net.b.graph.nodes()[2];
  for (const int step : {1, 2}) {
    told.begin_step({{"N", 5}}, 0);
    EXPECT_EQ(told.clock() == nullptr, step == 1);
    for (const Node* node : {&linear, &relu}) {
      if (NodeClock* clock = told.clock()) {
        clock->begin_forward(node->id());
        node_time += 100;
        continue;
      }
      told.begin_node(*node);
      node_time += 10;
      told.end_node(*node, {}, {}, false);
    }
    told.end_forward();
  }
  for (const NodeProfile& node : told.nodes()) {
    const BlockProfileRecord* time = find(node.quantities, node.path, Quantity::forward_seconds);
    ASSERT_NE(time, nullptr) << node.path;
    EXPECT_EQ(time->count, 2);
    EXPECT_DOUBLE_EQ(time->min, 10e-9);
    EXPECT_DOUBLE_EQ(time->max, 100e-9);
  }
}

/// A device that takes a second for each mark, and has passed all when the test says so.
struct SlowDevice : DeviceMarks {
  explicit SlowDevice(const bool& is_done) : done(is_done) {}
  int put() override { return next++; }
  bool passed(int) override { return done; }
  double seconds_between(int first, int last) override { return last - first; }
  void give_back(int) override {}

  const bool& done;
  int next = 0;
};

TEST(RecorderTest, TimesOfADeviceAreThereWhenItIsDone) {
  for (const ProfileLevel level : {ProfileLevel::block, ProfileLevel::node}) {
    SmallNet net({.level = level});
    bool done = false;
    net.recorder->set_device(std::make_unique<SlowDevice>(done));
    net.step(5);
    EXPECT_EQ(find(net.recorder->take_epoch(), "body", Quantity::device_seconds), nullptr);
    net.step(5);
    done = true;
    const auto records = net.recorder->take_epoch();
    const BlockProfileRecord* body = find(records, "body", Quantity::device_seconds);
    ASSERT_NE(body, nullptr);
    EXPECT_EQ(body->count, 2);
    EXPECT_GE(body->min, 2);
    EXPECT_EQ(body->min, body->max);
    EXPECT_TRUE(body->p50);
    EXPECT_TRUE(net.recorder->take_epoch().empty());
  }
}

TEST(RecorderTest, ABackwardPassBehindTheEndOfTheEpochCountsForNoStep) {
  SmallNet net;
  const at::Tensor out = net.executor->forward({{"x", at::ones({5, 3})}}, kTrain)[0];
  EXPECT_FALSE(net.recorder->take_epoch().empty());
  net.executor->backward({{out, net.first->parameters()}});
  net.step(5);
  const auto records = net.recorder->take_epoch();
  EXPECT_EQ(find(records, "body", Quantity::backward_seconds)->count, 1);
}

TEST(RecorderTest, TimesHaveTheirQuantiles) {
  SmallNet net;
  for (int i = 0; i < 5; ++i) net.step(3);
  const auto records = net.recorder->take_epoch();
  const BlockProfileRecord* body = find(records, "body", Quantity::forward_seconds);
  ASSERT_TRUE(body && body->p50 && body->p95);
  EXPECT_LE(body->min, *body->p50);
  EXPECT_LE(*body->p50, *body->p95);
  EXPECT_LE(*body->p95, body->max);
  EXPECT_FALSE(find(records, "body", Quantity::tmu_bytes)->p50);
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

TEST(RecorderTest, CallsOfLibTorchStandUnderTheirNodeAndAddUpToItsTime) {
  SmallNet net({ProfileLevel::kernel});
  for (int i = 0; i < 3; ++i) net.step(5);
  const auto calls = net.recorder->take_kernels();
  const auto nodes = net.recorder->nodes();
  const auto of = [&](const std::string& node, StepPart part) {
    double sum = 0;
    for (const KernelProfileRecord& call : calls)
      if (call.node == node && call.part == part) sum += call.sum;
    return sum;
  };
  EXPECT_TRUE(std::ranges::any_of(calls, [](const KernelProfileRecord& call) {
    return call.node == "body/linear" && call.part == StepPart::forward && call.kernel == "aten::addmm" &&
           call.count == 3 && call.device == "cpu";
  }));
  const auto linear = std::ranges::find(nodes, "body/linear", &NodeProfile::path);
  ASSERT_NE(linear, nodes.end());
  EXPECT_NEAR(of("body/linear", StepPart::forward) /
                  find(linear->quantities, "body/linear", Quantity::forward_seconds)->sum,
              1, 0.05);
  EXPECT_TRUE(net.recorder->take_kernels().empty());
}

// A run within another's callback, which may end the other.
TEST(RecorderTest, TheLatestOfSeveralHearsEachCallOnceWhoeverEndsFirst) {
  const auto products = [](SmallNet& net) {
    std::int64_t count = 0;
    for (const KernelProfileRecord& call : net.recorder->take_kernels())
      if (call.node == "body/linear" && call.part == StepPart::forward && call.kernel == "aten::addmm")
        count += call.count;
    return count;
  };
  SmallNet outer({ProfileLevel::kernel}), inner({ProfileLevel::kernel});
  inner.step(5);
  EXPECT_EQ(products(inner), 1);
  EXPECT_TRUE(outer.recorder->take_kernels().empty());
  outer.executor->set_sink(nullptr);
  outer.recorder.reset();
  inner.step(5);
  EXPECT_EQ(products(inner), 1);
}

TEST(RecorderTest, NobodyListensToLibTorchButAtTheLevelOfKernels) {
  SmallNet net;
  net.step(5);
  EXPECT_TRUE(net.recorder->take_kernels().empty());
}

TEST(RecorderTest, ThePassesAreStepsPartsAndTheRestIsOther) {
  SmallNet net({ProfileLevel::step, 1, 1});
  net.recorder->mark();
  net.recorder->begin_run_step(1);
  net.step(5);
  net.recorder->end_run_step();
  const auto parts = net.recorder->take_parts();
  const auto sum = [&](StepPart part) {
    const auto found = std::ranges::find(parts, part, &PartProfileRecord::part);
    return found == parts.end() ? 0.0 : found->sum;
  };
  double all = 0;
  for (const PartProfileRecord& part : parts)
    if (part.part != StepPart::step) all += part.sum;
  EXPECT_GT(sum(StepPart::forward), 0);
  EXPECT_GT(sum(StepPart::backward), 0);
  EXPECT_GT(sum(StepPart::copy), 0);
  EXPECT_GT(sum(StepPart::other), 0);
  EXPECT_NEAR(all, sum(StepPart::step), 1e-12);
  const auto spans = net.recorder->take_spans();
  EXPECT_TRUE(std::ranges::any_of(spans, [](const StepSpanRecord& span) {
    return span.node == "body/relu" && span.part == StepPart::forward && span.step == 1;
  }));
  EXPECT_TRUE(std::ranges::any_of(spans, [](const StepSpanRecord& span) {
    return span.node == "head/linear" && span.part == StepPart::backward;
  }));
}

TEST(StorageLedgerTest, CountsEachStorageOnceAndRemembersFreedOnes) {
  StorageLedger ledger;
  at::Tensor x = at::zeros({10});
  EXPECT_EQ(ledger.add(x), 40);
  EXPECT_EQ(ledger.add(x.narrow(0, 2, 3)), 0);
  EXPECT_EQ(ledger.add(x.expand({5, 10})), 0);
  EXPECT_EQ(ledger.add(at::Tensor()), 0);
  // Freed and allocated again, perhaps at the same place: new storages all the same.
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ledger.add(at::zeros({7})), 28);
  ledger.clear();
  EXPECT_EQ(ledger.add(x), 40);
}

TEST(StorageLedgerTest, ExcludedStoragesNeverCount) {
  StorageLedger ledger;
  const at::Tensor weight = at::zeros({4, 2});
  ledger.exclude(weight);
  EXPECT_EQ(ledger.add(weight.t()), 0);
  ledger.clear();
  EXPECT_EQ(ledger.add(weight), 0);
}

TEST(MemoryWatchTest, HoldsTheHighestSumSinceTheReset) {
  MemoryWatch watch;
  const at::Tensor before = at::zeros({1000});
  watch.reset();
  watch.begin();
  at::Tensor a = at::empty({1024});
  at::Tensor b = at::empty({1024});
  a.reset();
  EXPECT_EQ(watch.take_peak(), 2 * 4096);
  EXPECT_EQ(watch.take_peak(), 4096);
  watch.end();
  at::Tensor unseen = at::empty({1024});
  EXPECT_EQ(watch.take_peak(), 4096);
}

TEST(MemoryWatchTest, MemoryFromBeforeCountsNothingWhoeverFreesIt) {
  MemoryWatch watch;
  at::Tensor before = at::empty({1024});
  watch.reset();
  watch.begin();
  before.reset();
  EXPECT_EQ(watch.take_peak(), 0);
  const at::Tensor after = at::empty({512});
  EXPECT_EQ(watch.take_peak(), 2048);
  watch.end();
}

}  // namespace
}  // namespace orrery
