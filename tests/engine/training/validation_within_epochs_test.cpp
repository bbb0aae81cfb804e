// Validation every so many batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "runtime/history/database.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::bit_equal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Resumable;
using testing::SmallRun;
using testing::Watcher;
using testing::whole;

/// 5 batches an epoch; validated on what it learns.
struct Within : SmallRun {
  explicit Within(AttributeValue interval, double lr = 0.1) {
    validate = train;
    optimizer = optimize("SGD", loss, {{"lr", lr}});
    set("val_check_interval", std::move(interval));
  }

  double rate() const { return optimizer->groups().at(0).options.real("lr"); }

  std::shared_ptr<Optimizer> optimizer;
};

/// After which of an epoch's batches it was validated, and what epochs told.
struct Validations : TrainingEvents {
  void on_validation_end(const StepReport& report) override { at.push_back(report.trained); }
  void on_epoch_end(const EpochReport& report) override { epochs.push_back(report); }

  std::vector<std::int64_t> at;
  std::vector<EpochReport> epochs;
};

std::vector<std::int64_t> validations_of(Within&& run) {
  Validations events;
  run.run(events);
  return events.at;
}

TEST(ValidationWithinEpochsTest, ComesEverySoManyBatchesOfAnEpochAndAtTheRunsEnd) {
  Within every_two(whole(2));
  every_two.set("epochs", whole(2));
  EXPECT_THAT(validations_of(std::move(every_two)), ElementsAre(2, 4, 2, 4, 5));
  EXPECT_THAT(validations_of(Within(whole(1))), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(validations_of(Within(whole(5))), ElementsAre(5));
  EXPECT_THAT(validations_of(Within({})), ElementsAre(5));
}

TEST(ValidationWithinEpochsTest, ASharesBatchesAreRoundedDownAndAtLeastOne) {
  EXPECT_THAT(validations_of(Within(0.5)), ElementsAre(2, 4, 5));
  EXPECT_THAT(validations_of(Within(0.6)), ElementsAre(3, 5));
  EXPECT_THAT(validations_of(Within(0.01)), ElementsAre(1, 2, 3, 4, 5));
}

TEST(ValidationWithinEpochsTest, ComesOnlyInEpochsThatAreValidated) {
  Within run(whole(2));
  run.set("epochs", whole(3));
  run.set("validate_every", whole(2));
  EXPECT_THAT(validations_of(std::move(run)), ElementsAre(2, 4, 5));
}

TEST(ValidationWithinEpochsTest, AnIntervalOfMoreBatchesThanAnEpochHasIsRefused) {
  Within run(whole(6));
  EXPECT_THAT(
      error_of(Fault::usage, [&] { run.run(); }),
      HasSubstr("val_check_interval is 6 batches, and an epoch has 5\n  Leave it out for a validation "
                "at the end of each epoch"));
}

TEST(ValidationWithinEpochsTest, ALoopByHandHasItToo) {
  Within run(whole(2));
  Validations events;
  TrainingRun training(run.runtime, run.graph, run.manager(), events, {}, true);
  while (!training.over())
    while (const auto batch = training.next()) training.forward(*batch);
  training.finish();
  EXPECT_THAT(events.at, ElementsAre(2, 4, 5));
}

// Batch normalisation, dropout, noise that evaluation draws too, accumulation, averages.
TEST(ValidationWithinEpochsTest, TrainingGoesOnAsIfThereHadBeenNone) {
  const auto outcome = [](AttributeValue interval) {
    const TemporaryFolder folder;
    Resumable run(folder.path());
    run.groups.erase("early_stopping");
    run.set("val_check_interval", std::move(interval));
    Watcher watcher(run.runtime);
    run.run(watcher);
    return std::pair(run.weights(), watcher.numbers);
  };
  const auto without = outcome({}), with = outcome(whole(1));
  EXPECT_TRUE(bit_equal(without.first, with.first));
  ASSERT_EQ(without.second.size(), with.second.size());
  for (size_t i = 0; i < with.second.size(); ++i) {
    EXPECT_EQ(with.second[i].name, without.second[i].name);
    EXPECT_TRUE(testing::same_bits(with.second[i].value, without.second[i].value)) << with.second[i].name;
  }
}

TEST(ValidationWithinEpochsTest, AnEpochHasTheNumbersOfItsLastValidation) {
  Within often(whole(2)), once({});
  often.set("epochs", whole(2));
  once.set("max_steps", whole(4));
  Validations events;
  often.run(events);
  const TrainingSummary summary = once.run();
  ASSERT_EQ(events.epochs.size(), 2);
  EXPECT_EQ(events.epochs[0].validation.at(0).value, summary.validation.at(0).value);
  EXPECT_EQ(events.epochs[0].steps, 5);
  EXPECT_TRUE(events.epochs[0].improved);
}

TEST(ValidationWithinEpochsTest, EarlyStoppingCountsEachAndEndsTheEpochThere) {
  Within run(whole(2), 0);
  run.set("epochs", whole(9));
  run.ask("early_stopping", {{"patience", whole(1)}});
  Validations events;
  const TrainingSummary summary = run.run(events);
  EXPECT_THAT(events.at, ElementsAre(2, 4));
  EXPECT_EQ(summary.steps, 4);
  EXPECT_EQ(summary.epochs, 1);
  EXPECT_THAT(summary.stopped_early, HasSubstr("loss has not become better than"));
  EXPECT_THAT(summary.stopped_early, HasSubstr("in 1 validation"));
}

// A validation that was seen in the epoch's middle is not counted again at its end.
TEST(ValidationWithinEpochsTest, EarlyStoppingSeesEachOnce) {
  Within run(whole(4), 0);
  run.set("epochs", whole(9));
  run.ask("early_stopping", {{"patience", whole(2)}});
  Validations events;
  EXPECT_EQ(run.run(events).steps, 14);
  EXPECT_THAT(events.at, ElementsAre(4, 4, 4));
}

TEST(ValidationWithinEpochsTest, SaversAndCheckpointsKeepTheBestOfThem) {
  const TemporaryFolder folder;
  Within run(whole(2));
  run.savers.push_back(std::make_shared<Saver>(
      folder / "{epoch}-{step}.safetensors", std::vector<Saver::Source>{},
      checked_attributes(saver_attributes(), {{"when", "best"}, {"save_top_k", whole(-1)}}), false,
      Origin{}));
  run.ask("checkpoint", {{"dirpath", folder / "kept"}, {"save_top_k", whole(-1)}});
  run.run();
  EXPECT_THAT(list_folder(folder.path()),
              ElementsAre("1-2.safetensors", "1-4.safetensors", "1-5.safetensors", "kept"));
  EXPECT_THAT(list_folder(folder / "kept"),
              ::testing::IsSupersetOf({"epoch=1-step=2.safetensors", "epoch=1-step=4.safetensors",
                                       "epoch=1-step=5.safetensors", "last.safetensors"}));
}

// As Lightning steps those whose interval is an epoch. The loss never falls by half.
TEST(ValidationWithinEpochsTest, SchedulesThatWatchAreSteppedOncePerEpochWithTheLastNumber) {
  Within run(whole(2), 1e-3);
  run.schedule("ReduceLROnPlateau", run.optimizer, {{"patience", whole(0)}, {"threshold", 0.5}});
  run.set("epochs", whole(3));
  run.run();
  EXPECT_NEAR(run.rate(), 1e-5, 1e-12);
}

TEST(ValidationWithinEpochsTest, TheHistoryKeepsEachAtItsStepAndTheLastAsTheEpochs) {
  const TemporaryFolder folder;
  Within run(whole(2));
  run.set("history", folder / "orrery.db");
  run.set("epochs", whole(2));
  TrainingEvents events;
  run.run(events, Recording());
  const Database history(folder / "orrery.db", Access::read);
  EXPECT_EQ(history.text("SELECT group_concat(step) FROM (SELECT step FROM step_metrics WHERE "
                         "split = 'validation' AND name = 'loss' ORDER BY step)"),
            "2,4,7,9,10");
  EXPECT_EQ(
      history.text(
          "SELECT count(*) FROM metrics m JOIN step_metrics s USING (run_id, split, name, epoch, value) "
          "WHERE split = 'validation' AND s.step IN (4, 10)"),
      "2");
}

// A callback logs after which batch: the last validation of each epoch counts.
TEST(ValidationWithinEpochsTest, WhatIsLoggedInOneIsItsOwnMean) {
  struct Logging : TrainingEvents {
    void on_validation_step(const StepReport& report) override {
      log->log("place", at::scalar_tensor(report.trained, at::kDouble), {});
    }
    void on_epoch_end(const EpochReport& report) override {
      for (const MetricRecord& mean : report.logged) means.push_back(mean.value);
    }
    std::shared_ptr<RunLog> log = std::make_shared<RunLog>();
    std::vector<double> means;
  } events;
  Within run(whole(2));
  run.set("epochs", whole(2));
  Recording recording;
  recording.log = events.log;
  run.run(events, std::move(recording));
  EXPECT_THAT(events.means, ElementsAre(4, 5));
}

}  // namespace
}  // namespace orrery
