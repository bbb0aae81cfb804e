// Mixed precision against PyTorch's, and runs in it that are resumed.
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/training/evaluation.h"
#include "runtime/engine/training/gradient_scaling.h"
#include "tests/engine/training/resumable.h"
#include "tests/engine/training/training_fixtures.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using nlohmann::json;
using testing::Experiment;
using ::testing::HasSubstr;
using testing::Resumable;
using testing::SmallRun;
using testing::Watcher;
using testing::whole;

// What make_precision_fixtures.py wrote.
const json& precision_fixtures() {
  static const json parsed = testing::fixtures_in("precision.json");
  return parsed.at("runs");
}

/// The net that the fixtures trained.
struct Twin : Experiment {
  explicit Twin(const json& fixture) {
    auto [x, y] = separable(48);
    x = x * fixture.at("stretch").get<double>();
    const auto fields = feed(data(x, y, {{"batch", whole(8)}}));
    const Value hidden = relu(linear(2, 8, fields[0], "first"));
    const Value loss = cross_entropy(linear(8, 2, hidden, "second"), fields[1]);
    optimize("AdamW", loss, {{"lr", 0.01}});
    set("precision", fixture.at("precision").get<std::string>());
    set("accumulate_grad_batches", fixture.at("accumulate").get<std::int64_t>());
    if (fixture.at("clip") != 0) set("gradient_clip_val", fixture.at("clip").get<double>());
    set("epochs", whole(4));
  }

  double loss_of(const std::vector<NamedNumber>& numbers, size_t epoch) const {
    const std::string name = fmt::format("{} loss", epoch + 1);
    for (const NamedNumber& number : numbers)
      if (number.name == name) return number.value;
    return std::numeric_limits<double>::quiet_NaN();
  }
};

TEST(PrecisionTest, RunsFollowPyTorchs) {
  for (const json& fixture : precision_fixtures()) {
    SCOPED_TRACE(fixture.at("precision").get<std::string>() + fixture.at("accumulate").dump() +
                 fixture.at("stretch").dump());
    const TemporaryFolder folder;
    Twin twin(fixture);
    twin.ask("checkpoint", {{"dirpath", folder.path()}});
    Watcher watcher(twin.runtime);
    twin.run(watcher);
    for (size_t epoch = 0; epoch < 4; ++epoch)
      EXPECT_NEAR(twin.loss_of(watcher.numbers, epoch), fixture.at("losses")[epoch].get<double>(), 1e-5);
    const auto weights = twin.weights();
    const char* const keys[] = {"first.weight", "first.bias", "second.weight", "second.bias"};
    for (size_t i = 0; i < 4; ++i) {
      const at::Tensor there = at::tensor(fixture.at("weights")[i].get<std::vector<double>>(), at::kDouble);
      EXPECT_TRUE(at::allclose(weights.at(keys[i]).reshape(-1).to(at::kDouble), there, 1e-5, 1e-6))
          << keys[i];
      EXPECT_EQ(weights.at(keys[i]).scalar_type(), at::kFloat);
    }
    const Checkpoint last = read_checkpoint(Engine::of(twin.runtime), folder.path() + "/last.safetensors");
    if (fixture.at("scales").empty())
      EXPECT_FALSE(last.numbers.contains("scaler.scale"));
    else
      EXPECT_EQ(last.number("scaler.scale"), fixture.at("scales")[3].get<double>());
  }
}

TEST(PrecisionTest, LayersComputeInHalfTheBitsAndLossesInSinglePrecision) {
  for (const auto& [word, dtype] : {std::pair{"bf16-mixed", at::kBFloat16}, {"16-mixed", at::kHalf}}) {
    SmallRun run;
    run.optimize("SGD", run.loss, {});
    run.set("precision", std::string(word));
    run.graph.use({Use::Kind::output, run.scores, "scores"});
    TrainingEvents events;
    TrainingRun training(run.runtime, run.graph, run.manager(), events, {}, true);
    at::Tensor scores, loss;
    for (const NamedTensor& named : training.forward(*training.next())) {
      if (named.key == "loss") loss = named.tensor;
      if (named.tensor.dim() == 2) scores = named.tensor;
    }
    ASSERT_TRUE(scores.defined());
    EXPECT_EQ(scores.scalar_type(), dtype);
    EXPECT_EQ(loss.scalar_type(), at::kFloat);
    EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
    training.step(0, loss);
    training.leave();
  }
}

TEST(PrecisionTest, LoopsByHandEqualTheManagersOwn) {
  for (const char* word : {"bf16-mixed", "16-mixed"}) {
    const auto prepared = [&](SmallRun& run) {
      run.optimize("AdamW", run.loss, {{"lr", 0.01}});
      run.set("precision", std::string(word));
    };
    SmallRun own, by_hand;
    prepared(own);
    own.run();
    prepared(by_hand);
    TrainingEvents events;
    TrainingRun training(by_hand.runtime, by_hand.graph, by_hand.manager(), events, {}, true);
    while (const auto batch = training.next()) {
      for (const NamedTensor& named : training.forward(*batch))
        if (named.key == "loss") training.step(0, named.tensor);
    }
    training.finish();
    EXPECT_TRUE(testing::bit_equal(own.weights(), by_hand.weights())) << word;
  }
}

TEST(PrecisionTest, EvaluationComputesAsTheRunDoes) {
  SmallRun run;
  run.optimize("SGD", run.loss, {});
  run.set("precision", std::string("bf16-mixed"));
  const auto scores = [&](const Computing& computing) {
    return predict(run.runtime, run.graph, {run.scores}, *run.train, "cpu", computing).front();
  };
  const Manager& manager = run.manager();
  EXPECT_EQ(scores(Computing::of(manager)).scalar_type(), at::kBFloat16);
  EXPECT_EQ(scores({}).scalar_type(), at::kFloat);
}

TEST(PrecisionTest, AResumedRunEndsWithTheSameBits) {
  for (const char* word : {"bf16-mixed", "16-mixed"}) {
    const TemporaryFolder whole_folder;
    Resumable never_stopped(whole_folder.path());
    never_stopped.set("precision", std::string(word));
    never_stopped.run();
    for (const int step : {3, 8}) {
      SCOPED_TRACE(fmt::format("{} stopped at {}", word, step));
      const TemporaryFolder folder;
      Resumable first(folder.path()), second(folder.path());
      first.set("precision", std::string(word));
      Watcher watcher(first.runtime, Watcher::At::step, step);
      error_of(Fault::terminated, [&] { first.run(watcher); });
      second.set("precision", std::string(word));
      second.resume();
      second.run();
      EXPECT_TRUE(testing::bit_equal(second.weights(), never_stopped.weights()));
    }
  }
}

TEST(PrecisionTest, AnOptimizerThatComparesLossesIsRefusedWithScaledOnes) {
  SmallRun run;
  run.optimize("LBFGS", run.loss, {});
  run.set("precision", std::string("16-mixed"));
  EXPECT_THAT(error_of(Fault::usage, [&] { run.run(); }), HasSubstr("LBFGS compares losses"));
}

GradientScaling scaling() { return GradientScaling(Precision("16-mixed")); }

TEST(GradientScalingTest, DoublesItsScaleAfterTwoThousandFiniteUpdates) {
  GradientScaling scale = scaling();
  for (int i = 0; i < 1999; ++i) scale.settle(true);
  EXPECT_EQ(scale.scale(), 65536);
  scale.settle(true);
  EXPECT_EQ(scale.scale(), 131072);
}

TEST(GradientScalingTest, HalvesItsScaleAndCountsAnewAfterAnUpdateThatWasLeftOut) {
  GradientScaling scale = scaling();
  for (int i = 0; i < 1999; ++i) scale.settle(true);
  scale.settle(false);
  EXPECT_EQ(scale.scale(), 32768);
  for (int i = 0; i < 1999; ++i) scale.settle(true);
  EXPECT_EQ(scale.scale(), 32768);
  scale.settle(true);
  EXPECT_EQ(scale.scale(), 65536);
}

TEST(GradientScalingTest, UnscalesAndTellsWhetherAllAreFinite) {
  const GradientScaling scale = scaling();
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    const at::Tensor given = at::full({3}, 65536, dtype);
    std::vector<at::Tensor> gradients = {given, at::Tensor(), at::full({2}, 1, dtype)};
    EXPECT_TRUE(scale.unscale(gradients));
    EXPECT_EQ(gradients[0][0].item<double>(), 1);
    EXPECT_FALSE(gradients[1].defined());
    EXPECT_EQ(given[0].item<double>(), 65536);
    for (const double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
      std::vector<at::Tensor> damaged = {given, at::full({2}, bad, dtype)};
      EXPECT_FALSE(scale.unscale(damaged));
    }
  }
}

TEST(GradientScalingTest, ALossInHalfPrecisionIsScaledInSinglePrecision) {
  const at::Tensor scaled = scaling().scaled(at::full({}, 2, at::kHalf));
  EXPECT_EQ(scaled.item<double>(), 131072);
}

TEST(GradientScalingTest, DoesNothingInOtherPrecisions) {
  const GradientScaling scale(Precision("bf16-mixed"));
  const at::Tensor loss = at::ones({});
  EXPECT_TRUE(scale.scaled(loss).is_same(loss));
  std::vector<at::Tensor> gradients = {at::full({1}, std::nan(""))};
  EXPECT_TRUE(scale.unscale(gradients));
}

TEST(GradientScalingTest, GoesOnFromACheckpoint) {
  GradientScaling before = scaling(), after = scaling();
  for (int i = 0; i < 1500; ++i) before.settle(true);
  before.settle(false);
  before.settle(true);
  Checkpoint checkpoint;
  before.save(checkpoint);
  after.load(checkpoint);
  EXPECT_EQ(after.scale(), 32768);
  for (int i = 0; i < 1999; ++i) after.settle(true);
  EXPECT_EQ(after.scale(), 65536);
  GradientScaling anew = scaling();
  anew.load(Checkpoint());
  EXPECT_EQ(anew.scale(), 65536);
}

}  // namespace
}  // namespace orrery
