#include "runtime/engine/training/training_run.h"

#include <cmath>
#include <csignal>
#include <limits>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/training/evaluation.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::bit_equal;
using testing::Experiment;
using testing::nearly_equal;
using testing::SmallRun;
using testing::whole;

double number(const std::vector<NamedNumber>& numbers, const std::string& name) {
  for (const NamedNumber& one : numbers) {
    if (one.name == name) return one.value;
  }
  ADD_FAILURE() << "no number " << name;
  return std::numeric_limits<double>::quiet_NaN();
}

TEST(TrainingRunTest, LearnsASeparableProblem) {
  SmallRun small;
  small.optimize("AdamW", small.loss, {{"lr", 0.05}});
  small.follow("accuracy", "accuracy", {small.scores, small.labels});
  small.set("epochs", whole(40));
  const TrainingSummary summary = small.run();
  EXPECT_LT(number(summary.train, "loss"), 1e-3);
  EXPECT_EQ(number(summary.train, "accuracy"), 1.0);
  EXPECT_EQ(summary.epochs, 40);
  EXPECT_EQ(summary.steps, 40 * 5);
}

TrainingSummary limited(const testing::Given& options) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.05}});
  small.set("epochs", whole(3));
  for (const auto& [name, value] : options) small.set(name, value);
  return small.run();
}

TEST(TrainingRunTest, EndsAfterSoManyStepsAlsoInTheMiddleOfAnEpoch) {
  for (const std::int64_t most : {1, 4, 5, 6, 14}) {
    const TrainingSummary summary = limited({{"max_steps", whole(most)}});
    EXPECT_EQ(summary.steps, most);
    EXPECT_EQ(summary.epochs, (most + 4) / 5);
    EXPECT_EQ(summary.stopped_early, fmt::format("max_steps, {}, is reached", most));
  }
  EXPECT_EQ(limited({{"max_steps", whole(16)}}).steps, 15);
  EXPECT_EQ(limited({{"max_steps", whole(16)}}).stopped_early, "");
}

TEST(TrainingRunTest, EndsWhenItsTimeIsOver) {
  const TrainingSummary summary = limited({{"epochs", whole(100000000)}, {"max_time", "00:00:01"}});
  EXPECT_GE(summary.seconds, 1);
  EXPECT_EQ(summary.stopped_early, "max_time, 00:00:01, is over");
  EXPECT_EQ(limited({{"max_time", "01:00:00"}}).steps, 15);
}

std::map<std::string, at::Tensor> trained(std::uint64_t seed, const std::string& profile = "off") {
  SmallRun small(seed, true);
  small.optimize("AdamW", small.loss, {{"lr", 0.01}});
  small.set("epochs", whole(3));
  small.set("profile", profile);
  small.run();
  return small.weights();
}

TEST(TrainingRunTest, SameSeedGivesBitEqualWeights) {
  EXPECT_TRUE(bit_equal(trained(5), trained(5)));
  EXPECT_FALSE(bit_equal(trained(5), trained(6)));
}

TEST(TrainingRunTest, ProfileChangesNoWeight) {
  EXPECT_TRUE(bit_equal(trained(5, "off"), trained(5, "block")));
}

TEST(TrainingRunTest, ASecondRunGoesOnWithTheOptimizersState) {
  const auto weights = [](std::int64_t epochs, int runs) {
    SmallRun small;
    small.optimize("Adam", small.loss, {{"lr", 0.05}});
    small.set("epochs", epochs);
    for (int i = 0; i < runs; ++i) small.run();
    return small.weights();
  };
  EXPECT_TRUE(bit_equal(weights(2, 3), weights(6, 1)));
  EXPECT_FALSE(bit_equal(weights(2, 2), weights(6, 1)));
}

TEST(TrainingRunTest, ManagersSeedDecidesShufflingAndDropout) {
  const auto with = [](std::int64_t manager_seed) {
    SmallRun small(1, true);
    small.optimize("SGD", small.loss, {{"lr", 0.1}});
    small.set("seed", manager_seed);
    small.run();
    return small.weights();
  };
  EXPECT_TRUE(bit_equal(with(3), with(3)));
  EXPECT_FALSE(bit_equal(with(3), with(4)));
}

TEST(TrainingRunTest, FrozenLayersDoNotMove) {
  SmallRun small;
  for (const LayerPtr& layer : small.graph.layers()) {
    if (layer->name() == "first") layer->set_trainable(false);
  }
  small.optimize("AdamW", small.loss, {{"lr", 0.1}}, "second");
  const auto before = small.weights();
  small.run();
  const auto after = small.weights();
  for (const char* key : {"first.weight", "first.bias"})
    EXPECT_TRUE(at::equal(before.at(key), after.at(key))) << key;
  for (const char* key : {"second.weight", "second.bias"})
    EXPECT_FALSE(at::equal(before.at(key), after.at(key))) << key;
}

// One net with two heads, each optimizer with its own loss.
struct TwoHeads : Experiment {
  TwoHeads() {
    const auto [x, y] = separable(16);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}}));
    left = cross_entropy(linear(2, 2, fields[0], "left"), fields[1]);
    right = cross_entropy(linear(2, 2, fields[0], "right"), fields[1]);
  }
  Value left, right;
};

std::map<std::string, at::Tensor> heads_after(bool left, bool right) {
  TwoHeads heads;
  if (left) heads.optimize("SGD", heads.left, {{"lr", 0.1}}, "left");
  if (right) heads.optimize("Adam", heads.right, {{"lr", 0.01}}, "right");
  if (!left) heads.graph.use({Use::Kind::output, heads.left, "unused"});
  if (!right) heads.graph.use({Use::Kind::output, heads.right, "unused"});
  heads.run();
  return heads.weights();
}

TEST(TrainingRunTest, EachOptimizerUpdatesItsOwnAsIfAlone) {
  const auto both = heads_after(true, true), left = heads_after(true, false),
             right = heads_after(false, true);
  for (const char* key : {"left.weight", "left.bias"})
    EXPECT_TRUE(at::allclose(both.at(key), left.at(key), 1e-5, 1e-6)) << key;
  for (const char* key : {"right.weight", "right.bias"})
    EXPECT_TRUE(at::allclose(both.at(key), right.at(key), 1e-5, 1e-6)) << key;
  EXPECT_FALSE(at::equal(left.at("right.weight"), right.at("right.weight")));
}

TEST(TrainingRunTest, LossesOfSeveralOptimizersAreFollowedByTheirNodes) {
  TwoHeads heads;
  heads.optimize("SGD", heads.left, {{"lr", 0.1}}, "left");
  heads.optimize("SGD", heads.right, {{"lr", 0.1}}, "right");
  const TrainingSummary summary = heads.run();
  ASSERT_EQ(summary.train.size(), 2u);
  EXPECT_EQ(summary.train[0].name, "cross_entropy_loss");
  EXPECT_EQ(summary.train[1].name, "cross_entropy_loss_2");
}

// The last batch has 2 samples of 10: a mean over batches would give another number.
TEST(TrainingRunTest, NumbersAreExactOverSamplesWithAShortLastBatch) {
  const auto build = [](std::int64_t batch) {
    auto small = std::make_unique<SmallRun>(1, false, 10);
    small->train->options.set("batch", batch);
    small->validate = small->train;
    small->optimize("SGD", small->loss, {{"lr", 0.0}});
    small->follow("accuracy", "accuracy", {small->scores, small->labels});
    return small;
  };
  const auto in_parts = build(4), at_once = build(10);
  const TrainingSummary parts = in_parts->run(), once = at_once->run();
  EXPECT_EQ(parts.steps, 3);
  for (const char* name : {"loss", "accuracy"}) {
    EXPECT_NEAR(number(parts.train, name), number(once.train, name), 1e-7);
    EXPECT_NEAR(number(parts.validation, name), number(once.train, name), 1e-7);
  }
}

TEST(TrainingRunTest, DropLastLeavesTheShortBatchOut) {
  SmallRun small(1, false, 10);
  small.train->options.set("batch", whole(4));
  small.train->options.set("drop_last", true);
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  EXPECT_EQ(small.run().steps, 2);
}

struct Seen : TrainingEvents {
  void on_start(const TrainingFacts& facts) override { started = facts; }
  void on_step(const StepReport& report) override {
    steps.push_back({report.epoch, report.step});
    last_loss = report.numbers.values().front().value;
  }
  void on_validation_step(const StepReport&) override { ++validation_steps; }
  void on_epoch_end(const EpochReport& report) override { epochs.push_back(report); }
  void on_end(const TrainingSummary&) override { ++ended; }

  TrainingFacts started;
  std::vector<std::pair<std::int64_t, std::int64_t>> steps;
  std::vector<EpochReport> epochs;
  double last_loss = 0;
  int validation_steps = 0;
  int ended = 0;
};

TEST(TrainingRunTest, EventsTellEveryStepAndEpoch) {
  SmallRun small(1, false, 12);
  const auto [x, y] = Experiment::separable(6);
  small.validate = Experiment::data(x, y, {{"batch", whole(4)}});
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.set("epochs", whole(3));
  small.set("validate_every", whole(2));
  Seen seen;
  small.run(seen);
  EXPECT_EQ(seen.started.steps_per_epoch, 2);
  EXPECT_EQ(seen.started.samples_per_epoch, 12);
  EXPECT_EQ(seen.started.validation_samples, 6);
  EXPECT_EQ(seen.started.device, "cpu");
  EXPECT_EQ(seen.started.threads, 1);
  EXPECT_EQ(seen.started.parameters, 2 * 8 + 8 + 8 * 2 + 2);
  EXPECT_EQ(seen.steps, (std::vector<std::pair<std::int64_t, std::int64_t>>{
                            {1, 1}, {1, 2}, {2, 1}, {2, 2}, {3, 1}, {3, 2}}));
  ASSERT_EQ(seen.epochs.size(), 3u);
  EXPECT_TRUE(seen.epochs[0].validation.empty());
  EXPECT_FALSE(seen.epochs[1].validation.empty());
  EXPECT_FALSE(seen.epochs[2].validation.empty());
  EXPECT_EQ(seen.validation_steps, 4);
  EXPECT_EQ(seen.epochs[2].samples, 12);
  EXPECT_EQ(number(seen.epochs[2].train, "loss"), seen.last_loss);
  EXPECT_EQ(seen.ended, 1);
}

// Batch statistics must not be taken from the data that the net is judged by.
TEST(TrainingRunTest, ValidationNeitherTrainsNorDrawsNorTouchesBuffers) {
  const auto run = [](bool validated) {
    Experiment one(4);
    const auto [x, y] = Experiment::separable(32);
    const auto fields =
        one.feed(Experiment::data(x.view({32, 2, 1, 1}), y, {{"batch", whole(8)}, {"shuffle", true}}));
    const Value normal = one.layer("BatchNorm2d", {{"num_features", whole(2)}}, {fields[0]});
    const Value flat = one.layer("Flatten", {}, {normal});
    const Value kept = one.layer("Dropout", {{"p", 0.5}}, {flat});
    const Value loss = one.cross_entropy(one.linear(2, 2, kept), fields[1]);
    if (validated) one.validate = Experiment::data(x.view({32, 2, 1, 1}) * 5, y, {{"batch", whole(3)}});
    one.optimize("SGD", loss, {{"lr", 0.1}});
    one.set("epochs", whole(3));
    one.run();
    return one.weights();
  };
  EXPECT_TRUE(bit_equal(run(false), run(true)));
}

TEST(TrainingRunTest, LooksForTheFirstValueThatIsNotANumberWhenAsked) {
  SmallRun small(1, false, 24);
  at::Tensor poisoned = unboxed(small.train->tensors[0]);
  poisoned[17][0] = std::numeric_limits<float>::quiet_NaN();
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.set("detect_nan", true);
  const std::string message = error_of(Fault::diverged, [&] { small.run(); });
  EXPECT_THAT(message, ::testing::HasSubstr("input (Input) became NaN in 1 of "));
  EXPECT_THAT(message, ::testing::HasSubstr("in epoch 1, step "));
}

TEST(TrainingRunTest, DivergedLossNamesEpochAndStepBeforeItSpoilsTheWeights) {
  SmallRun small(1, false, 24);
  at::Tensor poisoned = unboxed(small.train->tensors[0]);
  poisoned[17][0] = std::numeric_limits<float>::quiet_NaN();
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  const std::string message = error_of(Fault::diverged, [&] { small.run(); });
  EXPECT_NE(message.find("'loss' became NaN in epoch 1, step 3 of 3"), std::string::npos) << message;
  for (const auto& [key, tensor] : small.weights()) EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << key;
}

struct StopsAt : TrainingEvents {
  StopsAt(Runtime& runtime, int step, int signal) : runtime_(runtime), step_(step), signal_(signal) {}
  void on_step(const StepReport&) override {
    if (++seen == step_) runtime_.stop = signal_;
  }
  int seen = 0;

 private:
  Runtime& runtime_;
  int step_, signal_;
};

TEST(TrainingRunTest, StopFlagEndsTheRunWithinAStep) {
  for (const auto& [signal, fault] :
       {std::pair(SIGINT, Fault::interrupted), std::pair(SIGTERM, Fault::terminated)}) {
    SmallRun small;
    small.optimize("SGD", small.loss, {{"lr", 0.1}});
    StopsAt stops(small.runtime, 3, signal);
    error_of(fault, [&] { small.run(stops); });
    EXPECT_EQ(stops.seen, 3);
  }
}

TEST(TrainingRunTest, FlagThatIsSetAlreadyStopsBeforeTheFirstUpdate) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  const auto before = small.weights();
  small.runtime.stop = SIGINT;
  error_of(Fault::interrupted, [&] { small.run(); });
  EXPECT_TRUE(bit_equal(before, small.weights()));
}

// The loop by hand is recorded by autograd.
TEST(TrainingRunTest, LoopByHandEqualsTheManagersOwn) {
  const auto build = [](const char* engine = "autograd") {
    auto small = std::make_unique<SmallRun>(3, true);
    small->set("engine", engine);
    small->optimize("AdamW", small->loss, {{"lr", 0.01}});
    small->set("epochs", whole(2));
    return small;
  };
  const auto own = build(), by_hand = build();
  const TrainingSummary expected = own->run();
  TrainingEvents events;
  const Manager& manager = by_hand->manager();
  TrainingRun run(by_hand->runtime, by_hand->graph, manager, events, {}, true);
  for (int epoch = 0; epoch < 2; ++epoch) {
    while (const auto batch = run.next()) {
      for (const NamedTensor& named : run.forward(*batch)) {
        if (named.key == "loss") run.step(0, named.tensor);
      }
    }
  }
  EXPECT_EQ(run.epochs_done(), 2);
  const TrainingSummary summary = run.finish();
  EXPECT_TRUE(bit_equal(own->weights(), by_hand->weights()));
  EXPECT_EQ(number(summary.train, "loss"), number(expected.train, "loss"));
  EXPECT_EQ(summary.steps, expected.steps);
  const auto planned = build("plan");
  planned->run();
  EXPECT_TRUE(nearly_equal(planned->weights(), by_hand->weights()));
}

TEST(TrainingRunTest, LoopByHandMayChangeTheLossAndAskForOutputs) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.graph.use({Use::Kind::output, small.scores, "scores"});
  TrainingEvents events;
  const Manager& manager = small.manager();
  TrainingRun run(small.runtime, small.graph, manager, events, {}, true);
  const auto batch = run.next();
  ASSERT_TRUE(batch);
  std::map<std::string, at::Tensor> out;
  for (const NamedTensor& named : run.forward(*batch)) out[named.key] = named.tensor;
  EXPECT_EQ(out.at("scores").sizes(), (std::vector<std::int64_t>{8, 2}));
  const auto before = small.weights();
  run.step(0, out.at("loss") * 0 + out.at("scores").pow(2).mean());
  EXPECT_FALSE(bit_equal(before, small.weights()));
  run.finish();
}

TEST(TrainingRunTest, LoopByHandThatBreaksOffKeepsWhatItDid) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  Seen seen;
  const Manager& manager = small.manager();
  TrainingRun run(small.runtime, small.graph, manager, seen, {}, true);
  for (int i = 0; i < 2; ++i) run.forward(*run.next());
  const TrainingSummary summary = run.finish();
  EXPECT_EQ(summary.steps, 2);
  ASSERT_EQ(seen.epochs.size(), 1u);
  EXPECT_EQ(seen.epochs[0].steps, 2);
  EXPECT_EQ(seen.epochs[0].samples, 16);
  EXPECT_THROW(run.next(), InvariantFailure);
}

TEST(TrainingRunTest, ManagerWithoutALossTrainsNothingAndSaysSo) {
  SmallRun small;
  small.graph.use({Use::Kind::output, small.loss, "loss"});
  EXPECT_NE(error_of(Fault::usage, [&] { small.run(); }).find("no optimizer"), std::string::npos);
}

TEST(TrainingRunTest, EvaluationGivesTheNumbersOfTheValidation) {
  SmallRun small;
  small.validate = small.train;
  small.optimize("AdamW", small.loss, {{"lr", 0.01}});
  small.follow("accuracy", "accuracy", {small.scores, small.labels});
  const TrainingSummary summary = small.run();
  const Evaluation evaluation = evaluate(small.runtime, small.graph, small.manager(), *small.train);
  EXPECT_EQ(evaluation.samples, 40);
  EXPECT_EQ(number(evaluation.numbers, "loss"), number(summary.validation, "loss"));
  EXPECT_EQ(number(evaluation.numbers, "accuracy"), number(summary.validation, "accuracy"));
}

TEST(TrainingRunTest, PredictionsStandInTheOrderOfTheSource) {
  SmallRun small(1, true, 11);
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.run();
  const Value features{small.graph.input_node(), 0};
  const auto results = predict(small.runtime, small.graph, {small.scores, features}, *small.train, "cpu");
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].sizes(), (std::vector<std::int64_t>{11, 2}));
  EXPECT_TRUE(at::equal(results[1], unboxed(small.train->tensors[0])));
}

}  // namespace
}  // namespace orrery
