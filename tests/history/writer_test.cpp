#include "runtime/history/writer.h"

#include <cmath>
#include <limits>

#include "runtime/core/content_hash.h"
#include "runtime/history/text.h"
#include "tests/history/history_fixture.h"

namespace orrery {

class WriterTest : public HistoryTest {
 protected:
  void finish_small_run(RunInfo run) {
    HistoryWriter writer(options(), std::move(run));
    write_epoch(writer, 1);
    writer.finish(RunStatus::done, "all epochs done");
    EXPECT_EQ(writer.loss(), "");
  }
};

TEST_F(WriterTest, ARunIsThereAsSoonAsItBegins) {
  const HistoryWriter writer(options(), run_info("mine"));
  EXPECT_EQ(writer.run_name(), "mine");
  EXPECT_EQ(writer.run_id(), 1);
  EXPECT_EQ(raw().text("SELECT status || ' ' || name || ' ' || started_unix_ms FROM runs"),
            "running mine 1700000000000");
}

TEST_F(WriterTest, EverythingKnownOfTheRunIsKept) {
  RunInfo run = run_info();
  run.libtorch_version = "2.11.0";
  run.git_commit = "abc";
  run.git_dirty = true;
  run.thread_reason = "probed";
  finish_small_run(run);
  const HistoryReader reader(path_, clock());
  const RunDetail detail = reader.show(1);
  EXPECT_EQ(detail.command, run.command);
  EXPECT_EQ(detail.config_json, run.config_json);
  EXPECT_EQ(detail.script_text, run.script_text);
  EXPECT_EQ(detail.script_hash, content_hash(run.script_text));
  EXPECT_EQ(detail.libtorch_version, "2.11.0");
  EXPECT_EQ(detail.uid.size(), 32u);
  EXPECT_EQ(at(detail.summary, 0, "git_dirty"), Cell(std::int64_t{1}));
  EXPECT_EQ(at(detail.summary, 0, "seed"), Cell(std::int64_t{7}));
  EXPECT_EQ(at(detail.summary, 0, "thread_count"), Cell(std::int64_t{2}));
  EXPECT_EQ(at(detail.summary, 0, "thread_reason"), Cell(std::string("probed")));
  EXPECT_EQ(at(detail.summary, 0, "tags"), Cell(std::string("first")));
  EXPECT_EQ(at(detail.summary, 0, "exit_reason"), Cell(std::string("all epochs done")));
}

TEST_F(WriterTest, TimestampsComeFromTheClock) {
  HistoryWriter writer(options(), run_info());
  now_ += 1500;
  write_epoch(writer, 1);
  EXPECT_EQ(count("SELECT heartbeat_unix_ms - started_unix_ms FROM runs"), 1500);
  EXPECT_EQ(count("SELECT ended_unix_ms - 1700000000000 FROM epochs"), 1500);
  now_ += 500;
  writer.finish(RunStatus::interrupted, "Ctrl-C");
  EXPECT_EQ(raw().text("SELECT started || ' ' || ended || ' ' || seconds || ' ' || status FROM run_summary"),
            "2023-11-14T22:13:20.000Z 2023-11-14T22:13:22.000Z 2.0 interrupted");
}

TEST_F(WriterTest, AClockThatGoesBackMakesNoNegativeTimes) {
  {
    HistoryWriter writer(options(), run_info("back"));
    now_ -= 3'600'000;
    write_epoch(writer, 1);
    EXPECT_EQ(count("SELECT heartbeat_unix_ms - started_unix_ms FROM runs"), 0);
    EXPECT_EQ(raw().text("SELECT seconds || ' ' || status FROM run_summary"), "0.0 running");
    writer.finish(RunStatus::done, "all epochs done");
  }
  EXPECT_EQ(raw().text("SELECT seconds || ' ' || (ended >= started) FROM run_summary"), "0.0 1");
  RunInfo again = run_info("back");
  again.goes_on_after = 1;
  const HistoryWriter writer(options(), again);
  EXPECT_EQ(raw().text("SELECT seconds || ' ' || status FROM run_summary"), "0.0 running");
}

TEST_F(WriterTest, ARunThatGoesOnTellsItsThreadsAnew) {
  HistoryWriter(options(), run_info("mine")).finish(RunStatus::interrupted, "Ctrl-C");
  RunInfo again = run_info("mine");
  again.goes_on_after = 0;
  again.threads = 1;
  again.thread_reason = "resumed";
  const HistoryWriter writer(options(), again);
  EXPECT_EQ(raw().text("SELECT run_id || ' ' || thread_count || ' ' || thread_reason FROM runs"),
            "1 1 resumed");
}

TEST_F(WriterTest, RowsWaitForTheEndOfTheEpoch) {
  HistoryWriter writer(options(), run_info());
  writer.metric({1, Split::train, "loss", 0.5});
  EXPECT_EQ(count("SELECT count(*) FROM metrics"), 0);
  writer.end_epoch({1, 1, 1, 1});
  writer.wait();
  EXPECT_EQ(count("SELECT count(*) FROM metrics"), 1);
}

TEST_F(WriterTest, NanAndInfinityAreKeptApart) {
  HistoryWriter writer(options(), run_info());
  writer.metric({1, Split::train, "nan", std::nan("")});
  writer.metric({1, Split::train, "inf", std::numeric_limits<double>::infinity()});
  writer.metric({1, Split::train, "one", 1});
  writer.end_epoch({1, 1, 1, 1});
  writer.wait();
  EXPECT_EQ(raw().text("SELECT group_concat(metric || is_nan || ifnull(value, '-')) FROM "
                       "(SELECT * FROM metric_curve ORDER BY metric)"),
            "inf0Inf,nan1-,one01.0");
}

TEST_F(WriterTest, TheLastValueOfAMetricCounts) {
  HistoryWriter writer(options(), run_info());
  writer.metric({1, Split::train, "loss", std::nan("")});
  writer.metric({1, Split::train, "loss", 0.25});
  writer.end_epoch({1, 1, 1, 1});
  writer.wait();
  EXPECT_EQ(raw().text("SELECT value || ' ' || is_nan FROM metrics"), "0.25 0");
}

TEST_F(WriterTest, BytesThatDoNotChangeAreStoredOnce) {
  HistoryWriter writer(options(), run_info());
  for (int epoch = 1; epoch <= 5; ++epoch) write_epoch(writer, epoch);
  EXPECT_EQ(count("SELECT count(*) FROM block_sizes"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM block_profiles"), 10);
  EXPECT_EQ(count("SELECT count(*) FROM block_epochs WHERE quantity = 'tmu_bytes' AND mean = 4096"), 5);
  EXPECT_EQ(count("SELECT count FROM block_totals WHERE quantity_id = 4"), 50);
}

TEST_F(WriterTest, AChangedSizeHoldsFromItsEpochOn) {
  HistoryWriter writer(options(), run_info());
  for (int epoch = 1; epoch <= 4; ++epoch) {
    const BlockProfileRecord rows[] = {cost("encoder2", Quantity::lmu_bytes, epoch < 3 ? 8 : 16)};
    writer.profile(epoch, rows);
    writer.end_epoch({epoch, 1, 10, 10});
    writer.wait();
  }
  EXPECT_EQ(
      raw().text(
          "SELECT group_concat(CAST(max AS INTEGER)) FROM (SELECT max FROM block_epochs ORDER BY epoch)"),
      "8,8,16,16");
}

TEST_F(WriterTest, TwoPartsOfOneEpochAreMerged) {
  HistoryWriter writer(options(), run_info());
  const BlockProfileRecord first[] = {{"encoder2", Quantity::forward_seconds, 2, 1, 2, 1.5, 3}};
  const BlockProfileRecord second[] = {{"encoder2", Quantity::forward_seconds, 1, 6, 6, 6, 6}};
  writer.profile(1, first);
  writer.profile(1, second);
  writer.end_epoch({1, 1, 3, 3});
  writer.wait();
  EXPECT_EQ(
      raw().text("SELECT count || ' ' || min || ' ' || max || ' ' || mean || ' ' || sum FROM block_profiles"),
      "3 1.0 6.0 3.0 9.0");
}

TEST_F(WriterTest, ABlockThatTheGraphDoesNotListIsAddedWithItsParents) {
  HistoryWriter writer(options(), run_info());
  const BlockProfileRecord rows[] = {cost("decoder/attn/q", Quantity::forward_seconds, 1)};
  writer.profile(1, rows);
  writer.end_epoch({1, 1, 1, 1});
  writer.wait();
  EXPECT_EQ(raw().text("SELECT group_concat(path) FROM (SELECT path FROM blocks WHERE path LIKE 'decoder%' "
                       "ORDER BY path)"),
            "decoder,decoder/attn,decoder/attn/q");
  EXPECT_EQ(count("SELECT count(*) FROM blocks WHERE parent_id IS NULL"), 1);
}

TEST_F(WriterTest, EqualGraphsAreKeptOnceAndOtherWordingsApart) {
  finish_small_run(run_info());
  finish_small_run(run_info());
  EXPECT_EQ(count("SELECT count(*) FROM graphs"), 1);
  RunInfo renamed = run_info();
  renamed.graph->canonical_json = R"({"nodes":[],"name":"other"})";
  finish_small_run(renamed);
  EXPECT_EQ(count("SELECT count(*) FROM graphs"), 2);
  EXPECT_EQ(count("SELECT count(DISTINCT structural_hash) FROM graphs"), 1);
}

TEST_F(WriterTest, NamesAreMadeWithTheRunsNumberAndNeverComeTwice) {
  for (int i = 0; i < 3; ++i) finish_small_run(run_info());
  EXPECT_EQ(count("SELECT count(*) FROM runs WHERE name GLOB '*-*-' || run_id"), 3);
  raw().execute("DELETE FROM runs WHERE run_id = 3");
  finish_small_run(run_info());
  EXPECT_EQ(count("SELECT max(run_id) FROM runs"), 4);
}

TEST_F(WriterTest, ATakenNameGetsANumber) {
  finish_small_run(run_info("base"));
  finish_small_run(run_info("base"));
  const HistoryWriter writer(options(), run_info("base"));
  EXPECT_EQ(writer.run_name(), "base-3");
}

TEST_F(WriterTest, AResumedRunGoesOnInItsRowAndForgetsTheEpochsAfterItsCheckpoint) {
  {
    HistoryWriter writer(options(), run_info("digits"));
    for (std::int64_t epoch = 1; epoch <= 3; ++epoch) write_epoch(writer, epoch);
    writer.finish(RunStatus::interrupted, "stopped in epoch 4");
  }
  RunInfo resumed = run_info("digits");
  resumed.goes_on_after = 2;
  HistoryWriter writer(options(), resumed);
  EXPECT_EQ(writer.run_name(), "digits");
  EXPECT_EQ(raw().text("SELECT status || exit_reason FROM runs"), "running");
  EXPECT_EQ(count("SELECT max(epoch) FROM epochs"), 2);
  EXPECT_EQ(count("SELECT max(epoch) FROM metrics"), 2);
  write_epoch(writer, 3);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(count("SELECT count(*) FROM runs WHERE status = 'done'"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM epochs"), 3);
}

TEST_F(WriterTest, TheTotalsOfAResumedRunAreOfAllItsEpochs) {
  {
    HistoryWriter writer(options(), run_info("digits"));
    for (std::int64_t epoch = 1; epoch <= 3; ++epoch) write_epoch(writer, epoch);
    writer.finish(RunStatus::interrupted, "");
  }
  RunInfo resumed = run_info("digits");
  resumed.goes_on_after = 2;
  HistoryWriter writer(options(), resumed);
  EXPECT_EQ(count("SELECT sum(count) FROM block_totals"), 2 * 30);
  write_epoch(writer, 3);
  write_epoch(writer, 4);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT steps || ' ' || own_forward_seconds || ' ' || own_tmu_bytes FROM block_cost "
                       "WHERE path = 'encoder/attn'"),
            "40 10.0 4096.0");
  EXPECT_EQ(count("SELECT sum(count) FROM block_totals WHERE quantity_id = 4"), 40);
}

TEST_F(WriterTest, ASizeOfAForgottenEpochIsForgotten) {
  const auto measured = [](HistoryWriter& writer, std::int64_t epoch, double bytes) {
    writer.profile(epoch, std::vector{cost("encoder2", Quantity::tmu_bytes, bytes)});
    writer.end_epoch({epoch, 1, 10, 10});
  };
  {
    HistoryWriter writer(options(), run_info("digits"));
    measured(writer, 1, 8);
    measured(writer, 2, 8);
    measured(writer, 3, 16);
    writer.finish(RunStatus::interrupted, "");
  }
  RunInfo resumed = run_info("digits");
  resumed.goes_on_after = 1;
  HistoryWriter writer(options(), resumed);
  for (std::int64_t epoch = 2; epoch <= 4; ++epoch) measured(writer, epoch, 8);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(count("SELECT max(max) FROM block_epochs"), 8);
  EXPECT_EQ(count("SELECT max FROM block_totals"), 8);
}

TEST_F(WriterTest, ARunThatIsGoingOnOrGoneIsNotGoneOnWith) {
  RunInfo resumed = run_info("digits");
  resumed.goes_on_after = 2;
  HistoryWriter gone(options(), resumed);
  EXPECT_EQ(gone.run_name(), "digits");
  HistoryWriter second(options(), resumed);
  EXPECT_EQ(second.run_name(), "digits-2");
}

TEST_F(WriterTest, ANameThatCannotBeOneIsAUsageError) {
  EXPECT_THROW(HistoryWriter(options(), run_info("a/b")), Error);
}

TEST_F(WriterTest, ARunLeftWithoutAnEndIsFailed) {
  { const HistoryWriter writer(options(), run_info()); }
  EXPECT_EQ(raw().text("SELECT status || ': ' || exit_reason FROM runs"),
            "failed: the run was left without an end");
}

TEST_F(WriterTest, ArtifactsTagsAndNotesAreKept) {
  HistoryWriter writer(options(), run_info());
  writer.artifact({"weights", "digits.safetensors", 10, ""});
  writer.artifact({"weights", "digits.safetensors", 20, "xxh128:00"});
  writer.tag("first");
  writer.tag("paper");
  writer.note("looks good");
  writer.finish(RunStatus::done, "");
  const RunDetail detail = HistoryReader(path_, clock()).show(1);
  ASSERT_EQ(detail.artifacts.rows.size(), 1u);
  EXPECT_EQ(at(detail.artifacts, 0, "bytes"), Cell(std::int64_t{20}));
  EXPECT_EQ(at(detail.summary, 0, "tags"), Cell(std::string("first, paper")));
  EXPECT_EQ(at(detail.notes, 0, "text"), Cell(std::string("looks good")));
}

TEST_F(WriterTest, HostileTextsComeBackAndBreakNothing) {
  const std::string hostile = "a'b\"c;DROP TABLE runs;--\n\t%s\x01 \u202eabc \u2713";
  const std::string latin = "-- caf\xe9\nlocal s = '\0x'";
  RunInfo run = run_info();
  run.script_path = hostile;
  run.script_text = std::string("-- caf\xe9\n\0x", 11);
  run.command = {"orrery", hostile, "\xff"};
  run.working_folder = "/caf\xe9";
  run.tags = {hostile, "", "\xff\xfe"};
  run.graph->blocks.push_back({"b'\"\n\xff", hostile, 1});
  run.graph->blocks.push_back({std::string("b'\"\n\\xff"), "the same when escaped", 1});
  HistoryWriter writer(options(), run);
  writer.metric({1, Split::test, hostile, 1});
  writer.metric({1, Split::test, std::string(10'000, 'm'), 1});
  writer.metric({1, Split::test, std::string("n\0m", 3), 1});
  const BlockProfileRecord rows[] = {cost("b'\"\n\xff", Quantity::flops, 1),
                                     cost(hostile, Quantity::flops, 1)};
  writer.profile(1, rows);
  writer.note("\xff");
  writer.artifact({hostile, hostile, 1, ""});
  writer.end_epoch({1, 1, 1, 1});
  writer.wait();
  writer.finish(RunStatus::done, hostile);
  EXPECT_EQ(writer.loss(), "");
  EXPECT_TRUE(warnings_.empty());
  const RunDetail detail = HistoryReader(path_, clock()).show(1);
  EXPECT_EQ(detail.script_text, run.script_text);
  EXPECT_EQ(detail.command[1], storable_text(hostile));
  EXPECT_EQ(detail.command[2], "\\xff");
  EXPECT_EQ(detail.working_folder, "/caf\\xe9");
  EXPECT_EQ(at(detail.summary, 0, "exit_reason"), Cell(hostile));
  EXPECT_EQ(detail.ranges.rows.size(), 3u);
}

TEST_F(WriterTest, AProfileRowThatIsNotSoundIsLeftOutWithOneWarning) {
  HistoryWriter writer(options(), run_info());
  const BlockProfileRecord rows[] = {cost("encoder2", Quantity::forward_seconds, std::nan("")),
                                     cost("encoder2", Quantity::forward_seconds, 1, 0),
                                     cost("encoder2", Quantity::forward_seconds, 1)};
  writer.profile(1, rows);
  writer.end_epoch({1, 1, 1, 1});
  writer.wait();
  writer.finish(RunStatus::done, "");
  ASSERT_EQ(warnings_.size(), 2u);
  EXPECT_NE(warnings_[0].find("forward_seconds of block 'encoder2'"), std::string::npos);
  EXPECT_NE(writer.loss().find("2 profile rows"), std::string::npos) << writer.loss();
  EXPECT_EQ(warnings_[1], writer.loss());
  EXPECT_EQ(count("SELECT count(*) FROM block_profiles"), 1);
}

TEST_F(WriterTest, NothingIsAddedAfterTheEnd) {
  HistoryWriter writer(options(), run_info());
  writer.finish(RunStatus::done, "");
  writer.finish(RunStatus::failed, "again");
  writer.tag("late");
  writer.end_epoch({1, 1, 1, 1});
  writer.wait();
  EXPECT_EQ(raw().text("SELECT status FROM runs"), "done");
  EXPECT_EQ(count("SELECT count(*) FROM epochs"), 0);
}

}  // namespace orrery
