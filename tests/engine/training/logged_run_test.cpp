// What a run and its callbacks log at steps and over epochs, as the history has it.
#include <functional>

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

// Two epochs of five steps, kept in a history, whose callbacks may log.
struct LoggedRun : SmallRun {
  LoggedRun() {
    set("history", path);
    set("epochs", whole(2));
    set("log_every_n_steps", whole(2));
    optimize("SGD", loss, {{"lr", 0.01}});
    recording.log = log;
    recording.options.patience = std::chrono::milliseconds(50);
  }

  std::string text(const std::string& sql) const { return Database(path, Access::read).text(sql); }
  std::string steps(const std::string& name) const {
    return text("SELECT group_concat(step) FROM (SELECT step FROM step_metrics WHERE name = '" + name +
                "' ORDER BY step)");
  }

  TemporaryFolder folder;
  std::string path = folder / "orrery.db";
  std::shared_ptr<RunLog> log = std::make_shared<RunLog>();
  Recording recording;
};

struct LoggingEvents : TrainingEvents {
  void on_step(const StepReport& report) override {
    if (step) step(report);
  }
  void on_validation_step(const StepReport& report) override {
    if (validation) validation(report);
  }
  void on_epoch_end(const EpochReport& report) override {
    if (epoch) epoch(report);
  }
  std::function<void(const StepReport&)> step, validation;
  std::function<void(const EpochReport&)> epoch;
};

at::Tensor logged(double value) { return at::scalar_tensor(value, at::kDouble); }

TEST(LoggedRunTest, TheLossOfEveryNthStepIsKept) {
  LoggedRun run;
  LoggingEvents events;
  run.run(events, run.recording);
  EXPECT_EQ(run.steps("loss"), "2,4,6,8,10");
  EXPECT_EQ(run.text("SELECT group_concat(epoch) FROM (SELECT epoch FROM step_metrics ORDER BY step)"),
            "1,1,2,2,2");
  EXPECT_EQ(run.text("SELECT count(*) FROM step_metrics WHERE value > 0 AND split = 'train'"), "5");
}

TEST(LoggedRunTest, ZeroKeepsNoSteps) {
  LoggedRun run;
  run.set("log_every_n_steps", whole(0));
  LoggingEvents events;
  run.run(events, run.recording);
  EXPECT_EQ(run.text("SELECT count(*) FROM step_metrics"), "0");
}

TEST(LoggedRunTest, CallbacksLogAtStepsAndOverEpochs) {
  LoggedRun run;
  run.validate = run.train;
  LoggingEvents events;
  events.step = [&](const StepReport& report) {
    const RunLog::Use both{.on_step = true, .on_epoch = true};
    run.log->log("place", logged(static_cast<double>(report.step)), both);
  };
  events.validation = [&](const StepReport& report) {
    run.log->log("place", logged(static_cast<double>(10 * report.step)), {});
  };
  events.epoch = [&](const EpochReport& report) {
    run.log->log("end", logged(static_cast<double>(report.epoch)), {});
  };
  run.run(events, run.recording);
  EXPECT_EQ(run.steps("place"), "2,4,6,8,10");
  EXPECT_EQ(run.text("SELECT group_concat(epoch || split || value) FROM (SELECT * FROM metrics "
                     "WHERE name = 'place' ORDER BY epoch, split)"),
            "1train3.0,1validation30.0,2train3.0,2validation30.0");
  EXPECT_EQ(run.text("SELECT group_concat(epoch || ':' || value) FROM (SELECT * FROM metrics "
                     "WHERE name = 'end' ORDER BY epoch)"),
            "1:1.0,2:2.0");
  EXPECT_FALSE(run.log->open());
}

TEST(LoggedRunTest, ALoopByHandLogsWhileItHasABatch) {
  LoggedRun run;
  LoggingEvents events;
  TrainingRun training(run.runtime, run.graph, run.manager(), events, run.recording, true);
  while (!training.over()) {
    while (const auto batch = training.next()) {
      training.forward(*batch);
      run.log->log("size", logged(static_cast<double>(batch->size)), {});
    }
  }
  training.finish();
  EXPECT_EQ(run.steps("size"), "2,4,6,8,10");
  EXPECT_EQ(run.steps("loss"), "2,4,6,8,10");
}

TEST(LoggedRunTest, AStoppedRunKeepsTheStepsOfItsOpenEpoch) {
  LoggedRun run;
  LoggingEvents events;
  events.step = [&](const StepReport& report) {
    run.log->log("place", logged(1), {.on_step = false, .on_epoch = true});
    if (report.epoch == 2 && report.step == 3) run.runtime.stop = 2;
  };
  error_of(Fault::interrupted, [&] { run.run(events, run.recording); });
  EXPECT_EQ(run.steps("loss"), "2,4,6,8");
  EXPECT_EQ(run.text("SELECT group_concat(epoch) FROM metrics WHERE name = 'place'"), "1");
  EXPECT_FALSE(run.log->open());
}

TEST(LoggedRunTest, ARunThatCannotBeginLeavesNoOpenLog) {
  LoggedRun run;
  run.set("name", std::string("not/a name\n"));
  LoggingEvents events;
  EXPECT_THROW(run.run(events, run.recording), Error);
  EXPECT_FALSE(run.log->open());
}

}  // namespace
}  // namespace orrery
