#include <gtest/gtest.h>

#include "runtime/engine/profile/node_clock.h"
#include "runtime/engine/profile/recorder.h"
#include "tests/engine/profile/recorded_net.h"

namespace orrery {
namespace {

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

}  // namespace
}  // namespace orrery
