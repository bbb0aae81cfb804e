#include "runtime/history/merge.h"

#include <limits>

#include "tests/files/places.h"
#include "tests/history/history_fixture.h"

namespace orrery {

class MergeTest : public HistoryTest {
 protected:
  /// A run with a row in every table, in the file at `path`.
  void write_whole_run(const std::filesystem::path& path, const std::string& name) {
    HistoryOptions there = options();
    there.path = path;
    RunInfo info = run_info(name);
    info.project = "digits";
    info.rising_metrics = {"accuracy"};
    info.graph->nodes = {{"encoder/attn/q", "encoder/attn", "Linear", 1}};
    HistoryWriter writer(there, info);
    writer.profile_nodes(1, std::vector{cost("encoder/attn/q", Quantity::forward_seconds, 0.5),
                                        cost("encoder/attn/q", Quantity::tmu_bytes, 64)});
    writer.profile_parts(1, std::vector<PartProfileRecord>{{StepPart::step, 10, 1, 1, 10, 1, 1}});
    writer.profile_kernels(1, std::vector<KernelProfileRecord>{
                                  {"encoder/attn/q", StepPart::forward, "aten::addmm", "cpu", 10, 1, 1, 10},
                                  {"", StepPart::optimizer, "aten::add_", "cpu", 10, 1, 1, 10}});
    writer.profile_steps(std::vector<StepSpanRecord>{{7, 0, "", StepPart::data_wait, 0, 100},
                                                     {7, 1, "encoder/attn/q", StepPart::forward, 100, 50}});
    writer.metric({1, Split::train, "nan", std::numeric_limits<double>::quiet_NaN()});
    writer.step({Split::train, "loss", 50, 1, std::numeric_limits<double>::infinity(), now_});
    writer.event({"checkpoint", "checkpoints/1", 1, 10});
    writer.line({LogLine::Stream::err, "careful"});
    writer.artifact({"weights", "digits.safetensors", 10, ""});
    writer.note("looks good");
    write_epoch(writer, 1);
    writer.finish(RunStatus::done, "all epochs done");
    ASSERT_EQ(writer.loss(), "");
  }

  Database open() { return open_history(path_, Access::create, std::chrono::seconds(1)); }

  /// What the views tell of a run, each as one text.
  static std::vector<std::string> told(const Database& db, const std::string& run) {
    std::vector<std::string> all;
    for (const char* view :
         {"run_summary", "metric_curve", "step_curve", "block_cost", "block_epochs", "node_cost",
          "node_epochs", "part_epochs", "kernel_cost", "step_spans", "run_log", "run_events", "best_runs"}) {
      Statement rows = db.prepare(fmt::format("SELECT * FROM {} WHERE run = ? ORDER BY 3, 4, 5", view));
      rows.bind_all(run);
      all.emplace_back(view);
      while (rows.step()) {
        for (int column = 1; column < rows.columns(); ++column) all.back() += "|" + rows.text(column);
        all.back() += "\n";
      }
    }
    return all;
  }

  const std::filesystem::path other_ = folder_ / "other.db";
};

TEST_F(MergeTest, ARunComesWithAllThatBelongsToIt) {
  write_whole_run(other_, "mine");
  { HistoryWriter(options(), run_info("earlier")).finish(RunStatus::done, ""); }
  Database db = open();
  const auto merged = merge_history(db, other_);
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(merged[0].into_id, 2);
  EXPECT_EQ(merged[0].how, MergedRun::How::added);
  EXPECT_EQ(told(db, "mine"), told(Database(other_, Access::write), "mine"));
  EXPECT_EQ(db.text("SELECT text FROM notes WHERE run_id = 2"), "looks good");
  EXPECT_EQ(db.integer("SELECT count(*) FROM runs WHERE machine_id IS NOT NULL"), 2);
  EXPECT_EQ(db.text("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(db.integer("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

TEST_F(MergeTest, EveryTableOfARunIsMerged) {
  write_whole_run(other_, "mine");
  Database db = open();
  merge_history(db, other_);
  const Database other(other_, Access::write);
  Statement tables = db.prepare(
      "SELECT DISTINCT s.name FROM sqlite_schema s, pragma_table_info(s.name) c "
      "WHERE s.type = 'table' AND c.name = 'run_id'");
  while (tables.step()) {
    const std::string rows = "SELECT count(*) FROM " + tables.text(0);
    EXPECT_GT(other.integer(rows), 0) << tables.text(0);
    EXPECT_EQ(db.integer(rows), other.integer(rows)) << tables.text(0);
  }
}

TEST_F(MergeTest, TheSameRunIsNeverThereTwice) {
  write_whole_run(other_, "mine");
  Database db = open();
  merge_history(db, other_);
  const auto before = told(db, "mine");
  EXPECT_EQ(merge_history(db, other_)[0].how, MergedRun::How::known);
  EXPECT_EQ(told(db, "mine"), before);
  EXPECT_EQ(db.integer("SELECT count(*) FROM runs"), 1);
  EXPECT_EQ(db.integer("SELECT count(*) FROM notes"), 1);
  EXPECT_EQ(db.integer("SELECT count(*) FROM events"), 1);
}

TEST_F(MergeTest, AnotherRunOfTheNameGetsANumber) {
  write_whole_run(other_, "mine");
  { HistoryWriter(options(), run_info("mine")).finish(RunStatus::done, ""); }
  Database db = open();
  EXPECT_EQ(merge_history(db, other_)[0].name, "mine-2");
}

TEST_F(MergeTest, OnlyTheRunsThatAreAskedForCome) {
  write_whole_run(other_, "one");
  write_whole_run(other_, "two");
  Database db = open();
  const auto merged = merge_history(db, other_, std::vector<std::int64_t>{2});
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(db.text("SELECT group_concat(name) FROM runs"), "two");
  EXPECT_NE(message_of([&] { merge_history(db, other_, std::vector<std::int64_t>{9}); }).find("no run 9"),
            std::string::npos);
}

TEST_F(MergeTest, ARunThatWentOnIsCompleted) {
  write_whole_run(other_, "mine");
  {
    Database db = open();
    merge_history(db, other_);
  }
  now_ += 1000;
  HistoryOptions there = options();
  there.path = other_;
  RunInfo again = run_info("mine");
  again.goes_on_after = 1;
  HistoryWriter writer(there, again);
  write_epoch(writer, 2);
  writer.finish(RunStatus::interrupted, "Ctrl-C");
  Database db = open();
  EXPECT_EQ(merge_history(db, other_)[0].how, MergedRun::How::completed);
  EXPECT_EQ(db.text("SELECT status || ' ' || exit_reason || ' ' || epochs FROM run_summary"),
            "interrupted Ctrl-C 2");
}

TEST_F(MergeTest, AnOlderCopyChangesNothingOfTheEnd) {
  write_whole_run(other_, "mine");
  Database db = open();
  merge_history(db, other_);
  db.execute("UPDATE runs SET exit_reason = 'later', heartbeat_unix_ms = heartbeat_unix_ms + 1");
  EXPECT_EQ(merge_history(db, other_)[0].how, MergedRun::How::known);
  EXPECT_EQ(db.text("SELECT exit_reason FROM runs"), "later");
}

TEST_F(MergeTest, AHistoryIsNotMergedIntoItself) {
  write_whole_run(path_, "mine");
  Database db = open();
  EXPECT_NE(message_of([&] { merge_history(db, path_); }).find("into itself"), std::string::npos);
}

TEST_F(MergeTest, WhatIsNoHistoryIsRefusedAndNothingChanges) {
  write_whole_run(path_, "mine");
  write_file(other_, "a text that is no history");
  Database db = open();
  EXPECT_NE(message_of([&] { merge_history(db, other_); }).find("not a database"), std::string::npos);
  EXPECT_NE(message_of([&] { merge_history(db, folder_ / "gone.db"); }).find("no history here"),
            std::string::npos);
  EXPECT_EQ(db.integer("SELECT count(*) FROM runs"), 1);
}

TEST_F(MergeTest, AHistoryOfAnOlderVersionComesForwardFirst) {
  Database(other_, Access::create).execute(read_file(in_source("tests/history/fixtures/version_1.sql")));
  Database db = open();
  EXPECT_EQ(merge_history(db, other_)[0].name, "brave-otter-1");
  EXPECT_EQ(db.integer("SELECT count(*) FROM epochs"), 2);
}

}  // namespace orrery
