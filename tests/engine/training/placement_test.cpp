#include "runtime/engine/execution/placement.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/device.h"
#include "runtime/graph/block.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using ::testing::AllOf;
using testing::Experiment;
using ::testing::HasSubstr;
using testing::whole;

/// Two blocks of a layer each.
struct TwoBlocks : Experiment {
  TwoBlocks() {
    auto [x, y] = separable(40);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}, {"shuffle", true}}));
    front = &graph.begin_block("front", {});
    const Value hidden = relu(linear(2, 8, fields[0], "fc"));
    graph.end_block();
    back = &graph.begin_block("back", {});
    const Value scores = layer("Dropout", {{"p", 0.25}}, {linear(8, 2, hidden, "fc")});
    graph.end_block();
    optimize("AdamW", cross_entropy(scores, fields[1]), {{"lr", 0.01}});
    set("gradient_clip_val", 0.5);
    follow("accuracy", "accuracy", {scores, fields[1]});
  }

  Block* front = nullptr;
  Block* back = nullptr;
};

std::map<std::string, at::Tensor> trained(const std::string& device, const std::string& back) {
  TwoBlocks run;
  run.set("device", device);
  if (!back.empty()) run.back->set_device(back);
  run.set("epochs", whole(3));
  run.run();
  auto weights = run.weights();
  for (auto& [key, tensor] : weights) tensor = tensor.to(at::kCPU);
  return weights;
}

TEST(PlacementTest, ABlockOnTheRunsOwnDeviceChangesNothing) {
  EXPECT_TRUE(testing::bit_equal(trained("cpu", "cpu"), trained("cpu", "")));
}

TEST(PlacementTest, ADeviceThatIsNotThereIsToldWithItsBlock) {
  TwoBlocks run;
  run.back->set_device("cuda:99");
  EXPECT_THAT(error_of(Fault::usage, [&] { run.run(); }),
              AllOf(HasSubstr("block back: device 'cuda:99' is not available"), HasSubstr("CUDA device")));
}

TEST(PlacementTest, TheInnermostPlacedBlockCounts) {
  TwoBlocks run;
  run.graph.root().set_device("cuda:99");
  run.front->set_device("cpu");
  run.back->set_device("cpu");
  EXPECT_THAT(error_of(Fault::usage, [&] { run.run(); }),
              HasSubstr("the graph: device 'cuda:99' is not available"));
  std::vector<const Node*> nodes;
  for (const Node* node : run.back->all_nodes()) nodes.push_back(node);
  EXPECT_EQ(Placement(nodes, at::kCPU).of(*nodes.front()), at::Device(at::kCPU));
}

TEST(PlacementTest, CudaIsWantedByTheRunOrByABlock) {
  TwoBlocks run;
  run.manager();
  EXPECT_FALSE(wants_cuda(run.graph, "cpu"));
  EXPECT_TRUE(wants_cuda(run.graph, "auto"));
  run.back->set_device("cuda:0");
  EXPECT_TRUE(wants_cuda(run.graph, "cpu"));
}

/// A layer whose output is moved, and what is computed from it.
struct Moved : Experiment {
  explicit Moved(const std::string& device) {
    auto [x, y] = separable(40);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}}));
    const Value hidden = linear(2, 2, fields[0], "fc");
    const Descriptor& to = operations().get("to");
    moved = graph.apply(to, checked_attributes(to.attributes, {{"device", device}}), {hidden},
                        {{"moved.lua", 7}, ""})[0];
    scores = relu(moved);
    optimize("SGD", cross_entropy(scores, fields[1]), {{"lr", 0.01}});
  }

  Value moved, scores;
};

TEST(PlacementTest, AMoveToADeviceThatIsNotThereIsToldWithItsLine) {
  Moved run("cuda:99");
  try {
    run.run();
    ADD_FAILURE() << "it ran";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_EQ(error.site(), (SourceSite{"moved.lua", 7}));
    EXPECT_THAT(error.message(), HasSubstr("to (to): device 'cuda:99' is not available"));
  }
}

TEST(PlacementTest, AMoveToTheRunsOwnDeviceChangesNothing) {
  Moved run("cpu");
  EXPECT_TRUE(std::isfinite(run.run().train.front().value));
  EXPECT_EQ(Placement({run.moved.node, run.scores.node}, at::kCPU).of(*run.scores.node),
            at::Device(at::kCPU));
}

TEST(PlacementTest, CudaIsWantedByAMove) {
  EXPECT_TRUE(wants_cuda(Moved("cuda:0").graph, "cpu"));
  EXPECT_FALSE(wants_cuda(Moved("cpu").graph, "cpu"));
}

class PlacementOnCudaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    open_cuda_library();
    if (cuda_device_count() == 0) GTEST_SKIP() << "there is no CUDA device";
  }
};

// Dropout draws from another generator there.
TEST_F(PlacementOnCudaTest, BlocksOfOneGraphComputeOnTwoKindsOfDevices) {
  TwoBlocks run;
  run.back->set_device("cuda:0");
  const TrainingSummary summary = run.run();
  EXPECT_TRUE(std::isfinite(summary.train.front().value));
  for (const auto& [key, tensor] : run.weights())
    EXPECT_EQ(tensor.is_cuda(), key.starts_with("back.")) << key;
}

TEST_F(PlacementOnCudaTest, AMoveTakesAlongWhatIsComputedFromIt) {
  Moved run("cuda:0");
  run.set("device", "cpu");
  EXPECT_TRUE(std::isfinite(run.run().train.front().value));
  const Placement placement({run.moved.node, run.scores.node}, at::kCPU);
  EXPECT_EQ(placement.of(*run.scores.node), at::Device(at::kCUDA, 0));
  for (const auto& [key, tensor] : run.weights()) EXPECT_FALSE(tensor.is_cuda()) << key;
}

TEST_F(PlacementOnCudaTest, ALayerOnTwoDevicesIsRefused) {
  Experiment run;
  auto [x, y] = Experiment::separable(16);
  const auto fields = run.feed(Experiment::data(x, y, {{"batch", whole(8)}}));
  const LayerPtr shared = run.make("Linear", {{"in_features", whole(2)}, {"out_features", whole(2)}}, "fc");
  Block& placed = run.graph.begin_block("placed", {});
  const Value first = run.graph.apply(shared, {fields[0]}).at(0);
  run.graph.end_block();
  run.optimize("SGD", run.cross_entropy(run.graph.apply(shared, {first}).at(0), fields[1]), {});
  placed.set_device("cuda:0");
  EXPECT_THAT(error_of(Fault::check, [&] { run.run(); }),
              HasSubstr("computes on cpu with weight, which lies on cuda:0"));
}

}  // namespace
}  // namespace orrery
