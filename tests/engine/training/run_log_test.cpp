#include "runtime/engine/training/run_log.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

using LogPoint = RunLog::Moment::Point;

at::Tensor log_number(double value) { return at::scalar_tensor(value, at::kDouble); }

struct OpenLog : RunLog {
  explicit OpenLog(std::int64_t every = 2) { begin({"loss", "accuracy"}, every); }
  void train(std::int64_t step, std::int64_t samples = 1, std::int64_t epoch = 1) {
    at({LogPoint::training, epoch, step, samples});
  }
};

TEST(RunLogTest, KeepsAValueAtEveryNthStepOfTraining) {
  OpenLog log;
  for (std::int64_t step = 1; step <= 5; ++step) {
    log.train(step);
    log.log("norm", log_number(static_cast<double>(step) * 10), {});
  }
  const auto rows = log.take_steps();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].step, 2);
  EXPECT_EQ(rows[0].value, 20);
  EXPECT_EQ(rows[1].step, 4);
  EXPECT_EQ(rows[1].epoch, 1);
  EXPECT_EQ(rows[1].split, Split::train);
  EXPECT_TRUE(log.take_means().empty());
  EXPECT_TRUE(log.take_steps().empty());
}

TEST(RunLogTest, TellsTheMeansOfAnEpochAndKeepsThem) {
  OpenLog log;
  log.train(1, 1, 1);
  log.log("norm", log_number(1), {.on_epoch = true});
  log.train(2, 1, 2);
  log.log("norm", log_number(5), {.on_epoch = true});
  log.log("norm", log_number(7), {.on_epoch = true});
  const auto means = log.means_of(2);
  ASSERT_EQ(means.size(), 1u);
  EXPECT_EQ(means[0].name, "norm");
  EXPECT_EQ(means[0].value, 6);
  EXPECT_EQ(log.take_means().size(), 2u);
}

TEST(RunLogTest, KeepsNoStepsWhereEveryIsZeroButThoseThatAreGiven) {
  OpenLog log(0);
  log.train(50);
  log.log("norm", log_number(1), {});
  log.losses({log_number(2)});
  EXPECT_TRUE(log.take_steps().empty());
  log.log("norm", log_number(1), {.step = 7});
  ASSERT_EQ(log.take_steps().at(0).step, 7);
}

TEST(RunLogTest, TheMeanOfAnEpochIsWeightedByTheBatches) {
  OpenLog log;
  log.train(1, 3);
  log.log("norm", log_number(1), {.on_epoch = true});
  log.train(2, 1);
  log.log("norm", log_number(5), {.on_epoch = true});
  const auto means = log.take_means();
  ASSERT_EQ(means.size(), 1u);
  EXPECT_EQ(means[0].value, 2);
  EXPECT_EQ(means[0].epoch, 1);
  log.train(3, 3);
  log.log("norm", log_number(1), {.on_epoch = true, .batch_size = 1});
  log.log("norm", log_number(2), {.on_epoch = true, .batch_size = 1});
  EXPECT_EQ(log.take_means().at(0).value, 1.5);
}

TEST(RunLogTest, WhatIsLoggedInValidationIsItsMean) {
  OpenLog log;
  log.at({LogPoint::validation, 1, 4, 2});
  log.log("norm", log_number(1), {});
  log.log("other", log_number(3), {.split = Split::test});
  const auto means = log.take_means();
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means[0].split, Split::validation);
  EXPECT_EQ(means[1].split, Split::test);
  EXPECT_TRUE(log.take_steps().empty());
}

TEST(RunLogTest, AnEpochsEndBelongsToThatEpoch) {
  OpenLog log;
  log.at({LogPoint::epoch_end, 1, 4, 1});
  log.log("norm", log_number(1), {});
  log.train(5, 1, 2);
  log.log("norm", log_number(3), {.on_epoch = true});
  const auto means = log.take_means();
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means[0].epoch, 1);
  EXPECT_EQ(means[0].value, 1);
  EXPECT_EQ(means[1].epoch, 2);
  EXPECT_EQ(means[1].value, 3);
}

TEST(RunLogTest, LossesAreKeptUnderTheirNames) {
  OpenLog log;
  log.train(1);
  log.losses({log_number(0.5)});
  log.train(2);
  log.losses({at::tensor(0.25f)});
  const auto rows = log.take_steps();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].name, "loss");
  EXPECT_EQ(rows[0].value, 0.25);
}

TEST(RunLogTest, AValueThatChangesLaterIsKeptAsItWas) {
  OpenLog log;
  log.train(2);
  const at::Tensor value = log_number(1);
  log.log("norm", value, {.on_step = true, .on_epoch = true});
  value.fill_(9);
  EXPECT_EQ(log.take_steps().at(0).value, 1);
  EXPECT_EQ(log.take_means().at(0).value, 1);
}

TEST(RunLogTest, NumbersThatAreNotFiniteAreKept) {
  OpenLog log;
  log.train(2);
  log.log("norm", log_number(NAN), {.on_step = true, .on_epoch = true});
  EXPECT_TRUE(std::isnan(log.take_steps().at(0).value));
  EXPECT_TRUE(std::isnan(log.take_means().at(0).value));
}

TEST(RunLogTest, RefusesWhatItCannotKeep) {
  OpenLog log;
  log.train(1);
  EXPECT_EQ(error_of(Fault::usage, [&] { log.log("loss", log_number(1), {}); }),
            "manager:log: the run has a number 'loss' of its own: choose another name");
  EXPECT_EQ(error_of(Fault::usage, [&] { log.log("norm", at::zeros({2}), {}); }),
            "manager:log: 'norm' must be one real number, got a tensor of 2 elements of Float");
  log.at({LogPoint::validation, 1, 1, 1});
  EXPECT_EQ(error_of(Fault::usage, [&] { log.log("norm", log_number(1), {.on_step = true}); }),
            "manager:log: on_step is for batches that are trained on: give a step, or leave on_step out");
  log.at({.point = LogPoint::over});
  EXPECT_FALSE(log.open());
  EXPECT_EQ(error_of(Fault::usage, [&] { log.log("norm", log_number(1), {}); }),
            "manager:log: no run of this manager is going on");
}

TEST(RunLogTest, SumsOfAnOpenEpochGoOnInAnotherLog) {
  OpenLog first, second;
  first.train(1, 3, 2);
  first.log("a.b", log_number(1), {.on_epoch = true});
  Checkpoint checkpoint;
  first.save(checkpoint);
  second.load(checkpoint);
  second.train(2, 1, 2);
  second.log("a.b", log_number(5), {.on_epoch = true});
  const auto means = second.take_means();
  ASSERT_EQ(means.size(), 1u);
  EXPECT_EQ(means[0].name, "a.b");
  EXPECT_EQ(means[0].epoch, 2);
  EXPECT_EQ(means[0].value, 2);
}

TEST(RunLogTest, AValidationThatGoesOnBeginsAnewAfterACheckpoint) {
  OpenLog first, second;
  first.at({LogPoint::validation, 1, 4, 1});
  first.log("norm", log_number(1), {});
  Checkpoint checkpoint;
  first.save(checkpoint);
  second.load(checkpoint);
  EXPECT_TRUE(second.take_means().empty());
}

}  // namespace
}  // namespace orrery
