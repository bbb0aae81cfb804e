#include <cmath>

#include "tests/history/history_fixture.h"

namespace orrery {

class StepMetricsTest : public HistoryTest {
 protected:
  StepRecord value(std::int64_t step, double number, std::int64_t epoch = 1) const {
    return {Split::train, "loss", step, epoch, number, now_};
  }
};

TEST_F(StepMetricsTest, AreWrittenWithTheirEpoch) {
  HistoryWriter writer(options(), run_info());
  now_ += 1500;
  writer.step(value(50, 0.5));
  writer.step(value(100, std::nan("")));
  writer.step({Split::validation, "loss", 50, 1, INFINITY, now_});
  EXPECT_EQ(count("SELECT count(*) FROM step_metrics"), 0);
  write_epoch(writer, 1);
  EXPECT_EQ(raw().text("SELECT metric || split || value || ' ' || epoch || ' ' || seconds FROM step_curve "
                       "WHERE step = 50 AND split = 'train'"),
            "losstrain0.5 1 1.5");
  EXPECT_EQ(count("SELECT is_nan FROM step_metrics WHERE step = 100"), 1);
  EXPECT_EQ(count("SELECT value > 1e308 FROM step_metrics WHERE split = 'validation'"), 1);
  writer.finish(RunStatus::done, "");
}

TEST_F(StepMetricsTest, TheLastOfOneStepCounts) {
  HistoryWriter writer(options(), run_info());
  writer.step(value(50, 0.5));
  writer.step(value(50, 0.25));
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT group_concat(value) FROM step_metrics"), "0.25");
}

TEST_F(StepMetricsTest, AFlushWritesThemWithoutAnEpoch) {
  HistoryWriter writer(options(), run_info());
  writer.step(value(1, 0.5, 0));
  writer.flush();
  writer.wait();
  EXPECT_EQ(count("SELECT count(*) FROM step_metrics"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM epochs"), 0);
  writer.finish(RunStatus::done, "");
  writer.flush();
  writer.wait();
  EXPECT_EQ(writer.loss(), "");
}

TEST_F(StepMetricsTest, AreCountedAmongWhatIsLost) {
  path_ = folder_ / "missing" / "orrery.db";
  HistoryWriter writer(options(), run_info());
  writer.step(value(1, 0.5));
  writer.finish(RunStatus::done, "");
  EXPECT_NE(writer.loss().find("the run with 1 metric"), std::string::npos) << writer.loss();
}

TEST_F(StepMetricsTest, ARunThatGoesOnForgetsTheStepsThatItDoesAgain) {
  {
    HistoryWriter writer(options(), run_info("long"));
    for (const std::int64_t step : {10, 20, 30, 40}) writer.step(value(step, 1, step <= 20 ? 1 : 2));
    write_epoch(writer, 1);
    writer.finish(RunStatus::interrupted, "stopped");
  }
  RunInfo again = run_info("long");
  again.goes_on_after = 1;
  again.goes_on_after_step = 30;
  HistoryWriter writer(options(), again);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT group_concat(step) FROM (SELECT step FROM step_metrics ORDER BY step)"),
            "10,20,30");
}

TEST_F(StepMetricsTest, OfAStepWhoseValidationIsDoneAgainOnlyTheTrainingStays) {
  StepRecord validated = value(30, 2, 2);
  validated.split = Split::validation;
  {
    HistoryWriter writer(options(), run_info("long"));
    writer.step(value(30, 1, 2));
    writer.step(validated);
    writer.finish(RunStatus::interrupted, "stopped");
  }
  for (const bool kept : {true, false}) {
    RunInfo again = run_info("long");
    again.goes_on_after = 1;
    again.goes_on_after_step = 30;
    again.goes_on_validated = kept;
    HistoryWriter writer(options(), again);
    writer.finish(RunStatus::done, "");
    EXPECT_EQ(raw().text("SELECT group_concat(split) FROM (SELECT split FROM step_metrics ORDER BY split)"),
              kept ? "train,validation" : "train");
  }
}

TEST_F(StepMetricsTest, GoWithTheirRun) {
  {
    HistoryWriter writer(options(), run_info());
    writer.step(value(1, 0.5));
    writer.finish(RunStatus::done, "");
  }
  raw().execute("DELETE FROM runs");
  EXPECT_EQ(count("SELECT count(*) FROM step_metrics"), 0);
}

TEST_F(StepMetricsTest, ArtifactsHaveNamesAndSteps) {
  HistoryWriter writer(options(), run_info());
  writer.artifact({"image", "digits-7.png", 10, "", "digits", 7});
  writer.artifact({"weights", "net.safetensors", 10, ""});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT name || step FROM artifacts WHERE kind = 'image'"), "digits7");
  EXPECT_EQ(count("SELECT step IS NULL AND name = '' FROM artifacts WHERE kind = 'weights'"), 1);
}

}  // namespace orrery
