#include "runtime/engine/training/run_record.h"

#include <csignal>
#include <filesystem>
#include <stdexcept>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/history/database.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::SmallRun;
using testing::whole;

// A run that is kept in a history of its own.
struct KeptRun : SmallRun {
  KeptRun() {
    set("history", path);
    set("epochs", whole(2));
    runtime.log.sink = [this](Log::Level, const std::string& text) { warnings.push_back(text); };
  }

  static Recording recording() {
    Recording made;
    made.run.orrery_version = "0.1.0";
    made.run.command = {"orrery", "run", "train.lua"};
    made.run.script_path = "train.lua";
    made.run.script_text = "-- nothing";
    made.options.patience = std::chrono::milliseconds(50);
    return made;
  }

  std::string text(const std::string& sql) const { return Database(path, Access::read).text(sql); }
  std::int64_t integer(const std::string& sql) const { return Database(path, Access::read).integer(sql); }

  TemporaryFolder folder;
  std::string path = folder / "orrery.db";
  std::vector<std::string> warnings;
};

TEST(RunRecordTest, FinishedRunIsDoneWithItsEpochsMetricsAndBlocks) {
  KeptRun kept;
  kept.validate = kept.train;
  kept.optimize("AdamW", kept.loss, {{"lr", 0.01}});
  kept.follow("accuracy", "accuracy", {kept.scores, kept.labels});
  kept.set("name", std::string("first-try"));
  kept.set("seed", whole(9));
  TrainingEvents events;
  const TrainingSummary summary = kept.run(events, KeptRun::recording());
  EXPECT_EQ(summary.run_name, "first-try");
  EXPECT_EQ(kept.text("SELECT status FROM runs WHERE name = 'first-try'"), "done");
  EXPECT_EQ(kept.text("SELECT device || ' ' || thread_count || ' ' || seed FROM runs"), "cpu 1 9");
  EXPECT_EQ(kept.text("SELECT libtorch_version FROM runs").substr(0, 2), "2.");
  EXPECT_EQ(kept.integer("SELECT count(*) FROM epochs WHERE steps = 5 AND samples = 40"), 2);
  EXPECT_EQ(kept.integer("SELECT count(*) FROM metrics"), 2 * 2 * 2);
  EXPECT_EQ(kept.integer("SELECT parameter_count FROM graphs"), 2 * 8 + 8 + 8 * 2 + 2);
  EXPECT_GT(kept.integer("SELECT count(*) FROM block_epochs WHERE quantity = 'forward_seconds'"), 0);
  EXPECT_GT(kept.integer("SELECT count(*) FROM block_epochs WHERE quantity = 'optimizer_bytes' AND max > 0"),
            0);
  EXPECT_TRUE(kept.warnings.empty()) << kept.warnings.front();
}

TEST(RunRecordTest, ProfileOffKeepsNoBlockCosts) {
  KeptRun kept;
  kept.optimize("SGD", kept.loss, {{"lr", 0.01}});
  kept.set("profile", std::string("off"));
  TrainingEvents events;
  kept.run(events, KeptRun::recording());
  EXPECT_EQ(kept.integer("SELECT count(*) FROM block_epochs"), 0);
  EXPECT_EQ(kept.text("SELECT status FROM runs"), "done");
}

struct AtStep : TrainingEvents {
  AtStep(std::int64_t epoch, std::int64_t step, std::function<void()> act)
      : epoch_(epoch), step_(step), act_(std::move(act)) {}
  void on_step(const StepReport& report) override {
    if (report.epoch == epoch_ && report.step == step_) act_();
  }

 private:
  std::int64_t epoch_, step_;
  std::function<void()> act_;
};

TEST(RunRecordTest, StoppedRunIsInterruptedAtItsStepAndKeepsItsWholeEpochs) {
  KeptRun kept;
  kept.optimize("SGD", kept.loss, {{"lr", 0.01}});
  AtStep stops(2, 3, [&] { kept.runtime.stop = SIGINT; });
  error_of(Fault::interrupted, [&] { kept.run(stops, KeptRun::recording()); });
  EXPECT_EQ(kept.text("SELECT status FROM runs"), "interrupted");
  EXPECT_NE(kept.text("SELECT exit_reason FROM runs").find("epoch 2, step 3 of 5"), std::string::npos)
      << kept.text("SELECT exit_reason FROM runs");
  EXPECT_EQ(kept.integer("SELECT count(*) FROM epochs"), 1);
}

TEST(RunRecordTest, ErrorInTheMiddleIsFailedWithItsReason) {
  KeptRun kept;
  kept.optimize("SGD", kept.loss, {{"lr", 0.01}});
  AtStep throws(2, 1, [] { throw std::runtime_error("the callback had enough"); });
  EXPECT_THROW(kept.run(throws, KeptRun::recording()), std::runtime_error);
  EXPECT_EQ(kept.text("SELECT status FROM runs"), "failed");
  EXPECT_EQ(kept.text("SELECT exit_reason FROM runs"), "the callback had enough");
}

TEST(RunRecordTest, ALoopThatWasLeftIsDoneAtItsLastStep) {
  const auto left = [](int steps, bool failing) {
    KeptRun kept;
    kept.optimize("SGD", kept.loss, {{"lr", 0.01}});
    TrainingEvents events;
    TrainingRun run(kept.runtime, kept.graph, kept.manager(), events, KeptRun::recording(), true);
    for (int i = 0; i < steps; ++i)
      if (const auto batch = run.next()) run.forward(*batch);
    if (failing) {
      EXPECT_THROW(run.step(0, at::zeros({})), Error);
    }
    run.leave();
    return kept.text("SELECT status || ': ' || exit_reason FROM runs");
  };
  const std::string leaving = "done: the script left the loop over manager:batches()";
  EXPECT_EQ(left(0, false), leaving + " after epoch 0");
  EXPECT_EQ(left(1, false), leaving + " in epoch 1, step 1 of 5");
  EXPECT_EQ(left(8, false), leaving + " in epoch 2, step 2 of 5");
  EXPECT_EQ(left(1, true).substr(0, 8), "failed: ");
}

TEST(RunRecordTest, RunThatALimitEndedIsDoneWithTheLimit) {
  const auto ended = [](std::int64_t most) {
    KeptRun kept;
    kept.optimize("SGD", kept.loss, {{"lr", 0.01}});
    kept.set("max_steps", whole(most));
    TrainingEvents events;
    kept.run(events, KeptRun::recording());
    return kept.text("SELECT status || ': ' || exit_reason FROM runs");
  };
  EXPECT_EQ(ended(3), "done: max_steps, 3, is reached");
  EXPECT_EQ(ended(1000), "done: ");
}

// A script's own error is no std::exception.
TEST(RunRecordTest, ErrorOfAnyTypeIsFailed) {
  KeptRun kept;
  kept.optimize("SGD", kept.loss, {{"lr", 0.01}});
  AtStep throws(1, 1, [] { throw 7; });
  EXPECT_THROW(kept.run(throws, KeptRun::recording()), int);
  EXPECT_EQ(kept.text("SELECT status FROM runs"), "failed");
}

TEST(RunRecordTest, DivergedRunIsFailed) {
  KeptRun kept;
  kept.optimize("SGD", kept.loss, {{"lr", 1e30}});
  TrainingEvents events;
  error_of(Fault::diverged, [&] { kept.run(events, KeptRun::recording()); });
  EXPECT_EQ(kept.text("SELECT status FROM runs"), "failed");
  EXPECT_NE(kept.text("SELECT exit_reason FROM runs").find("in epoch 1"), std::string::npos);
}

TEST(RunRecordTest, HistoryThatCannotBeWrittenIsToldAndTheRunGoesOn) {
  KeptRun kept;
  kept.folder.put("orrery.db", "this is no database, whatever its name says");
  kept.optimize("AdamW", kept.loss, {{"lr", 0.01}});
  TrainingEvents events;
  EXPECT_EQ(kept.run(events, KeptRun::recording()).epochs, 2);
  ASSERT_EQ(kept.warnings.size(), 2u);
  EXPECT_NE(kept.warnings[0].find("the run goes on"), std::string::npos) << kept.warnings[0];
  EXPECT_NE(kept.warnings[1].find("the run with 2 epochs"), std::string::npos) << kept.warnings[1];
}

TEST(RunRecordTest, HistorySetToFalseWritesNothing) {
  KeptRun kept;
  kept.set("history", false);
  kept.optimize("SGD", kept.loss, {{"lr", 0.01}});
  TrainingEvents events;
  EXPECT_EQ(kept.run(events, KeptRun::recording()).run_name, "");
  EXPECT_FALSE(std::filesystem::exists(kept.path));
}

TEST(RunRecordTest, SaversWriteAtTheEndAndAtTheBestEpoch) {
  KeptRun kept;
  kept.optimize("AdamW", kept.loss, {{"lr", 0.01}});
  const std::string end = kept.folder / "end.safetensors", best = kept.folder / "best.safetensors";
  kept.savers.push_back(
      std::make_shared<Saver>(end, std::vector<Saver::Source>{}, Saver::When::end, Origin{}));
  kept.savers.push_back(std::make_shared<Saver>(best, std::vector<Saver::Source>{{.path = "second"}},
                                                Saver::When::best, Origin{}));
  TrainingEvents events;
  const TrainingSummary summary = kept.run(events, KeptRun::recording());
  EXPECT_EQ(summary.files, (std::vector<std::string>{best, end}));
  EXPECT_TRUE(std::filesystem::exists(best));
  EXPECT_EQ(kept.integer("SELECT count(*) FROM artifacts WHERE kind = 'weights' AND hash LIKE 'xxh128:%'"),
            2);
  ASSERT_TRUE(summary.best);
  EXPECT_EQ(summary.best->number.name, "loss");
  EXPECT_EQ(summary.best->epoch, 2);
}

TEST(RunRecordTest, SaverThatCannotWriteFailsTheRunAndSaysWhy) {
  KeptRun kept;
  kept.optimize("SGD", kept.loss, {{"lr", 0.01}});
  const std::string path = kept.folder / "missing" + "/end.safetensors";
  kept.savers.push_back(
      std::make_shared<Saver>(path, std::vector<Saver::Source>{}, Saver::When::end, Origin{}));
  TrainingEvents events;
  error_of(Fault::write, [&] { kept.run(events, KeptRun::recording()); });
  EXPECT_EQ(kept.text("SELECT status FROM runs"), "failed");
  EXPECT_EQ(kept.integer("SELECT count(*) FROM epochs"), 2);
}

}  // namespace
}  // namespace orrery
