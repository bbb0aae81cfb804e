#include "runtime/engine/training/step_graphs.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "tests/engine/training/recording_graphs.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using testing::RecordingGraphs;

/// Adds what a batch holds to a sum, and counts on the host.
struct Adding {
  std::shared_ptr<RecordingGraphs> device = std::make_shared<RecordingGraphs>();
  StepGraphs graphs{device, at::kCPU};
  at::Tensor sum = at::zeros({});
  int counted = 0, computed = 0;

  StepGraphs::Recorded add(const Batch& batch) {
    ++computed;
    sum.add_(batch.at("x").sum());
    return {{sum.clone()}, [this] { ++counted; }};
  }

  /// Gives the sum; by itself where it is no graph's.
  double step(const StepGraphs::Key& key, const at::Tensor& x) {
    const Batch batch = {{"x", x}};
    const auto values = graphs.step(key, batch, [this](const Batch& fields) { return add(fields); });
    if (values) return values->front().item<double>();
    ++counted;
    sum.add_(x.sum());
    return sum.item<double>();
  }
};

TEST(StepGraphsTest, AStepIsRecordedAfterItsWarmUpsAndThenReplayed) {
  Adding adding;
  for (int step = 1; step <= 10; ++step) EXPECT_EQ(adding.step({2}, at::full({2}, step)), step * (step + 1));
  EXPECT_EQ(adding.device->recorded, 1);
  EXPECT_EQ(adding.computed, 1);
  EXPECT_EQ(adding.device->replays, 10 - StepGraphs::kWarmUps);
  EXPECT_EQ(adding.graphs.replayed(), 10 - StepGraphs::kWarmUps);
  EXPECT_EQ(adding.counted, 10);
}

TEST(StepGraphsTest, EachKindOfStepHasAGraph) {
  Adding adding;
  double expected = 0;
  for (int step = 0; step < 12; ++step) {
    const std::int64_t size = step % 2 ? 3 : 5;
    expected += static_cast<double>(size);
    EXPECT_EQ(adding.step({size}, at::ones({size})), expected);
  }
  EXPECT_EQ(adding.device->recorded, 2);
  EXPECT_EQ(adding.graphs.replayed(), 12 - 2 * StepGraphs::kWarmUps);
}

TEST(StepGraphsTest, TheGraphThatWasUsedLeastLatelyGoesFirst) {
  Adding adding;
  const auto repeat = [&](std::int64_t key) {
    for (int i = 0; i <= StepGraphs::kWarmUps; ++i) adding.step({key}, at::ones({1}));
  };
  const auto most = static_cast<std::int64_t>(StepGraphs::kMostGraphs);
  for (std::int64_t key = 0; key < most; ++key) repeat(key);
  adding.step({0}, at::ones({1}));
  repeat(most);
  EXPECT_EQ(adding.device->recorded, most + 1);
  adding.step({0}, at::ones({1}));
  EXPECT_EQ(adding.device->recorded, most + 1);
  repeat(1);
  EXPECT_EQ(adding.device->recorded, most + 2);
}

TEST(StepGraphsTest, StepsThatNeverRepeatAreGivenUp) {
  Adding adding;
  for (std::int64_t key = 0; key < StepGraphs::kMostStrangers; ++key) adding.step({key}, at::ones({1}));
  EXPECT_EQ(adding.graphs.refused(), "");
  adding.step({-1}, at::ones({1}));
  EXPECT_EQ(adding.graphs.refused(),
            "sizes of batches, options of optimizers or what is frozen change from step to step");
  EXPECT_EQ(adding.step({-1}, at::ones({1})), StepGraphs::kMostStrangers + 2);
  EXPECT_EQ(adding.device->attempts, 0);
}

TEST(StepGraphsTest, NewKindsOfStepsBetweenReplaysAreNoReasonToGiveUp) {
  Adding adding;
  for (int i = 0; i <= StepGraphs::kWarmUps; ++i) adding.step({0}, at::ones({1}));
  for (std::int64_t key = 1; key <= 3 * StepGraphs::kMostStrangers; ++key) {
    adding.step({key}, at::ones({1}));
    adding.step({0}, at::ones({1}));
  }
  EXPECT_EQ(adding.graphs.refused(), "");
}

TEST(StepGraphsTest, WhatCannotBeRecordedIsToldInOneLineAndNotTriedAgain) {
  const auto device = std::make_shared<RecordingGraphs>();
  StepGraphs graphs(device, at::kCPU);
  const Batch batch = {{"x", at::ones({2})}};
  const auto reads = [](const Batch& fields) -> StepGraphs::Recorded {
    throw Error(Fault::run, fmt::format("net/norm failed: {}\nmore", fields.at("x").sum().item<double>()));
  };
  for (int i = 0; i < 6; ++i) EXPECT_FALSE(graphs.step({}, batch, reads));
  EXPECT_THAT(graphs.refused(), HasSubstr("operation not permitted when stream is capturing"));
  EXPECT_EQ(graphs.refused().find('\n'), std::string::npos);
  EXPECT_EQ(device->attempts, 1);
}

TEST(StepGraphsTest, AFailedRecordingTakesTheOtherGraphsAlong) {
  Adding adding;
  for (int i = 0; i <= StepGraphs::kWarmUps; ++i) adding.step({0}, at::ones({1}));
  const auto fails = [](const Batch&) -> StepGraphs::Recorded { throw Error(Fault::run, "no"); };
  for (int i = 0; i <= StepGraphs::kWarmUps; ++i) adding.graphs.step({1}, {{"x", at::ones({1})}}, fails);
  EXPECT_EQ(adding.graphs.refused(), "no");
  const int replays = adding.device->replays;
  adding.step({0}, at::ones({1}));
  EXPECT_EQ(adding.device->replays, replays);
}

}  // namespace
}  // namespace orrery
