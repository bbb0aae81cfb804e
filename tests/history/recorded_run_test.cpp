#include "runtime/history/recorded_run.h"

#include "tests/history/history_fixture.h"

namespace orrery {

class RecordedRunTest : public HistoryTest {
 protected:
  static RunInfo own() {
    RunInfo run = run_info("bandit");
    run.graph.reset();
    return run;
  }
};

TEST_F(RecordedRunTest, ANamesStepsCountFromOneUnlessGiven) {
  RecordedRun run(options(), own());
  run.log("reward", 1, Split::train, {});
  run.log("reward", 2, Split::train, {});
  run.log("reward", 3, Split::train, 10);
  run.log("reward", 4, Split::train, {});
  run.log("regret", 5, Split::train, {});
  run.log("reward", 6, Split::validation, 0);
  run.finish(RunStatus::done);
  EXPECT_EQ(raw().text("SELECT group_concat(step || ':' || value) FROM (SELECT * FROM step_metrics "
                       "WHERE name = 'reward' AND split = 'train' ORDER BY step)"),
            "1:1.0,2:2.0,10:3.0,11:4.0");
  EXPECT_EQ(count("SELECT step FROM step_metrics WHERE name = 'regret'"), 1);
  EXPECT_EQ(count("SELECT step FROM step_metrics WHERE split = 'validation'"), 0);
}

TEST_F(RecordedRunTest, TheLastValueStandsInListsAndSummaries) {
  RecordedRun run(options(), own());
  run.log("loss", 1, Split::train, {});
  run.log("loss", 0.5, Split::train, {});
  run.finish(RunStatus::done);
  const Table runs = HistoryReader(path_, clock()).list();
  EXPECT_EQ(at(runs, 0, "train_loss"), Cell(0.5));
  EXPECT_EQ(count("SELECT train_loss = 0.5 FROM run_summary"), 1);
}

TEST_F(RecordedRunTest, WhatIsLoggedIsInTheFileASecondLater) {
  RecordedRun run(options(), own());
  run.log("loss", 1, Split::train, {});
  EXPECT_EQ(count("SELECT count(*) FROM step_metrics"), 0);
  now_ += 1000;
  run.log("loss", 2, Split::train, {});
  run.wait();
  EXPECT_EQ(count("SELECT count(*) FROM step_metrics"), 2);
  EXPECT_EQ(raw().text("SELECT status FROM runs"), "running");
  run.finish(RunStatus::failed, "the lever broke");
  EXPECT_EQ(raw().text("SELECT status || ': ' || exit_reason FROM runs"), "failed: the lever broke");
}

TEST_F(RecordedRunTest, TwoRunsMayBeOpen) {
  RecordedRun one(options(), own()), two(options(), own());
  EXPECT_EQ(two.name(), "bandit-2");
  one.log("loss", 1, Split::train, {});
  two.log("loss", 2, Split::train, {});
  two.finish(RunStatus::done);
  one.finish(RunStatus::done);
  EXPECT_EQ(raw().text("SELECT group_concat(value) FROM (SELECT value FROM step_metrics ORDER BY run_id)"),
            "1.0,2.0");
}

TEST_F(RecordedRunTest, TagsNotesAndFilesAreKept) {
  RecordedRun run(options(), own());
  run.tag("baseline");
  run.note("the second arm is broken");
  run.artifact({"table", "arms.csv", 3, "", "arms", {}});
  run.finish(RunStatus::done);
  run.finish(RunStatus::failed, "again");
  EXPECT_EQ(raw().text("SELECT status || (SELECT text FROM notes) || (SELECT name FROM artifacts) FROM runs"),
            "donethe second arm is brokenarms");
  EXPECT_EQ(count("SELECT count(*) FROM tags"), 2);
}

TEST_F(RecordedRunTest, WithoutAHistoryNothingIsWritten) {
  HistoryOptions none = options();
  none.path.clear();
  RecordedRun run(none, own());
  run.log("loss", 1, Split::train, {});
  run.finish(RunStatus::done);
  EXPECT_FALSE(run.kept());
  EXPECT_EQ(run.name(), "");
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(RecordedRunTest, AHistoryThatFailsIsOneWarningAndAWordAtTheEnd) {
  write_file(path_, "a text that is no history, and longer than a byte");
  RecordedRun run(options(), own());
  for (int i = 0; i < 3; ++i) {
    now_ += 2000;
    run.log("loss", i, Split::train, {});
  }
  EXPECT_EQ(warnings_.size(), 1u);
  run.finish(RunStatus::done);
  ASSERT_EQ(warnings_.size(), 2u);
  EXPECT_NE(warnings_[1].find("the run with "), std::string::npos) << warnings_[1];
}

}  // namespace orrery
