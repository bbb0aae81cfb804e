// What a run tells, and what it does before the first epoch and when it is asked to stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::bit_equal;
using ::testing::ElementsAre;
using testing::Experiment;
using testing::Resumable;
using testing::SmallRun;
using testing::whole;

struct Told : TrainingEvents {
  void on_start(const TrainingFacts&) override { told.emplace_back("start"); }
  void on_sanity_check_start(const EpochPlace& place) override {
    told.push_back(fmt::format("sanity {}", place.steps));
    if (stops_in_sanity) stops_in_sanity->stop = 15;
  }
  void on_sanity_check_end(const EpochPlace&) override { told.emplace_back("sane"); }
  void on_epoch_start(const EpochPlace& place) override {
    told.push_back(fmt::format("epoch {} of {}: {}", place.epoch, place.epochs, place.steps));
  }
  void on_step_start(const StepPlace& place) override { told.push_back(fmt::format("step {}", place.step)); }
  void before_zero_grad() override { told.emplace_back("zero"); }
  void before_backward(const std::vector<at::Tensor>& losses) override {
    told.push_back(fmt::format("backward of {}", losses.size()));
  }
  void after_backward() override { told.emplace_back("gradients"); }
  void before_optimizer_step(const OptimizerStep& step) override {
    told.push_back(fmt::format("optimizer {}: {}", step.optimizer, step.keys.front()));
  }
  bool looks_before_update() const override { return true; }
  void on_step(const StepReport&) override { told.emplace_back("stepped"); }
  void on_validation_start(const EpochPlace& place) override {
    told.push_back(fmt::format("validation {}", place.steps));
  }
  void on_validation_step_start(const StepPlace& place) override {
    told.push_back(fmt::format("validation step {} of {}", place.step, place.steps));
  }
  void on_validation_step(const StepReport&) override { told.emplace_back("validated"); }
  void on_validation_end(const StepReport&) override { told.emplace_back("valid"); }
  void on_epoch_end(const EpochReport&) override { told.emplace_back("epoch"); }
  void on_exception(const std::string& message, bool stopped) override {
    told.push_back((stopped ? "stopped: " : "failed: ") + message);
  }
  void on_end(const TrainingSummary&) override { told.emplace_back("end"); }

  Runtime* stops_in_sanity = nullptr;
  std::vector<std::string> told;
};

void add_validation(Experiment& experiment) {
  const auto [x, y] = Experiment::separable(12);
  experiment.validate = Experiment::data(x, y, {{"batch", whole(4)}});
}

TEST(LoopEventsTest, ComeInLightningsOrder) {
  SmallRun small;
  add_validation(small);
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.set("limit_train_batches", whole(1));
  small.set("limit_val_batches", whole(1));
  Told events;
  small.run(events);
  EXPECT_THAT(events.told,
              ElementsAre("start", "sanity 1", "sane", "epoch 1 of 1: 1", "step 1", "zero", "backward of 1",
                          "gradients", "optimizer 0: first.weight", "stepped", "validation 1",
                          "validation step 1 of 1", "validated", "valid", "epoch", "end"));
}

TEST(LoopEventsTest, TellTheLossesOfAStepToThoseWhoWantThem) {
  struct Reading : TrainingEvents {
    explicit Reading(bool wants) : wants_(wants) {}
    bool wants_losses_of_steps() const override { return wants_; }
    void before_backward(const std::vector<at::Tensor>& losses) override {
      computed.push_back(losses.front().item<double>());
    }
    void on_step(const StepReport& report) override {
      for (const NamedNumber& loss : report.losses) {
        EXPECT_EQ(loss.name, "loss");
        told.push_back(loss.value);
      }
    }
    std::vector<double> computed, told;

   private:
    bool wants_;
  };
  for (const bool wants : {true, false}) {
    SmallRun small;
    small.optimize("SGD", small.loss, {{"lr", 0.5}});
    Reading events(wants);
    small.run(events);
    EXPECT_EQ(events.computed.size(), 5);
    EXPECT_EQ(events.told, wants ? events.computed : std::vector<double>{});
  }
}

TEST(LoopEventsTest, TellWhatEndsARun) {
  struct Failing : Told {
    void on_epoch_start(const EpochPlace&) override { throw Error(Fault::run, "no ink"); }
  } events;
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  error_of(Fault::run, [&] { small.run(events); });
  EXPECT_THAT(events.told, ElementsAre("start", "failed: no ink"));
}

TEST(LoopEventsTest, GradientsThatAListenerReplacesAreSteppedWith) {
  struct Freezing : TrainingEvents {
    void before_optimizer_step(const OptimizerStep& step) override {
      for (at::Tensor& gradient : step.gradients) gradient = at::zeros_like(gradient);
    }
    bool looks_before_update() const override { return true; }
  } events;
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.manager();
  const auto before = small.weights();
  small.run(events);
  EXPECT_TRUE(bit_equal(small.weights(), before));
}

TEST(LoopEventsTest, AskedToStopARunEndsAfterTheStepWithItsEpoch) {
  struct Asking : Told {
    void on_step(const StepReport& report) override {
      if (report.step == 2) manager->ask_to_stop("enough");
    }
    Manager* manager = nullptr;
  } events;
  SmallRun small;
  add_validation(small);
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.set("epochs", whole(3));
  events.manager = const_cast<Manager*>(&small.manager());
  const TrainingSummary summary = small.run(events);
  EXPECT_EQ(summary.steps, 2);
  EXPECT_EQ(summary.epochs, 1);
  EXPECT_FALSE(summary.validation.empty());
  EXPECT_EQ(summary.stopped_early, "enough");
}

TEST(SanityCheckTest, OfAnyLengthChangesNoBit) {
  const auto trained = [](std::int64_t steps) {
    const TemporaryFolder folder;
    Resumable run(folder.path());
    run.set("num_sanity_val_steps", steps);
    run.run();
    return run.weights();
  };
  const auto without = trained(0);
  for (const std::int64_t steps : {1, 2, 3, -1}) EXPECT_TRUE(bit_equal(trained(steps), without)) << steps;
}

TEST(SanityCheckTest, IsNotDoneAgainWhenARunThatWasStoppedInItGoesOn) {
  const TemporaryFolder folder, other;
  Resumable first(folder.path()), second(folder.path()), plain(other.path());
  Told stopped, resumed;
  stopped.stops_in_sanity = &first.runtime;
  error_of(Fault::terminated, [&] { first.run(stopped); });
  EXPECT_EQ(stopped.told.at(1), "sanity 2");
  EXPECT_TRUE(stopped.told.back().starts_with("stopped: "));
  second.resume();
  second.run(resumed);
  EXPECT_THAT(resumed.told, ::testing::Not(::testing::Contains("sanity 2")));
  plain.run();
  EXPECT_TRUE(bit_equal(second.weights(), plain.weights()));
}

TEST(OverfitTest, TrainsAndValidatesOnTheSameBatches) {
  SmallRun small(1, false, 40);
  add_validation(small);
  small.optimize("SGD", small.loss, {{"lr", 0.0}});
  small.set("overfit_batches", 0.5);
  const TrainingSummary summary = small.run();
  EXPECT_EQ(summary.steps, 2);
  ASSERT_FALSE(summary.validation.empty());
  EXPECT_FLOAT_EQ(static_cast<float>(summary.validation.front().value),
                  static_cast<float>(summary.train.front().value));
}

}  // namespace
}  // namespace orrery
