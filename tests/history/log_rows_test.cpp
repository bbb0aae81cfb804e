#include "runtime/history/log_rows.h"

#include "tests/history/history_fixture.h"

namespace orrery {

/// What a run prints, and what happens in it.
class RunLogTest : public HistoryTest {
 protected:
  static LogLine line(const std::string& text) { return {LogLine::Stream::out, text}; }
};

TEST_F(RunLogTest, LinesAreNumberedAndKnowTheirStreamAndTime) {
  HistoryWriter writer(options(), run_info());
  writer.line(line("epoch 1"));
  now_ += 250;
  writer.line({LogLine::Stream::err, "careful"});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(
      raw().text("SELECT group_concat(line || ' ' || stream || ' ' || substr(written, 18) || ' ' || text) "
                 "FROM run_log"),
      "1 stdout 20.000Z epoch 1,2 stderr 20.250Z careful");
}

TEST_F(RunLogTest, LinesAndEventsAreInTheFileASecondLaterAndMetricsAreNot) {
  HistoryWriter writer(options(), run_info());
  writer.line(line("one"));
  writer.event({"warning", "careful"});
  writer.metric({1, Split::train, "loss", 1});
  writer.wait();
  EXPECT_EQ(count("SELECT count(*) FROM logs"), 0);
  now_ += 1000;
  writer.line(line("two"));
  writer.wait();
  EXPECT_EQ(count("SELECT count(*) FROM logs"), 2);
  EXPECT_EQ(count("SELECT count(*) FROM events"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM metrics"), 0);
}

TEST_F(RunLogTest, OnlyTheLastLinesAreKeptAndTheOthersCounted) {
  HistoryWriter writer(options(), run_info());
  for (int i = 1; i <= kLogLines + 1; ++i) writer.line(line(std::to_string(i)));
  writer.finish(RunStatus::done, "");
  const std::int64_t kept = count("SELECT count(*) FROM logs");
  EXPECT_LE(kept, kLogLines);
  EXPECT_GE(kept, kLogLines * 8 / 10);
  EXPECT_EQ(raw().text("SELECT text FROM logs ORDER BY line DESC LIMIT 1"), std::to_string(kLogLines + 1));
  EXPECT_EQ(count("SELECT log_lines_dropped FROM runs"), kLogLines + 1 - kept);
}

TEST_F(RunLogTest, AsManyLinesAsAreKeptLoseNone) {
  HistoryWriter writer(options(), run_info());
  for (int i = 1; i <= kLogLines; ++i) writer.line(line(std::to_string(i)));
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(count("SELECT count(*) FROM logs"), kLogLines);
  EXPECT_EQ(count("SELECT log_lines_dropped FROM runs"), 0);
}

TEST_F(RunLogTest, LongLinesAreCutAndManyOfThemBounded) {
  HistoryWriter writer(options(), run_info());
  std::string accents;
  for (std::size_t i = 0; i < kLogLineBytes; ++i) accents += "\xc3\xa9";
  for (int i = 0; i < 600; ++i) writer.line(line(accents));
  writer.finish(RunStatus::done, "");
  EXPECT_LE(count("SELECT sum(length(CAST(text AS BLOB))) FROM logs"), kLogBytes);
  EXPECT_GT(count("SELECT log_lines_dropped FROM runs"), 0);
  const std::string kept = raw().text("SELECT text FROM logs LIMIT 1");
  EXPECT_NE(kept.find(fmt::format("é … ({} more bytes)", kLogLineBytes)), std::string::npos);
}

TEST_F(RunLogTest, AResumedRunsLinesGoOnBehindTheOthers) {
  {
    HistoryWriter writer(options(), run_info("mine"));
    writer.line(line("before"));
    writer.finish(RunStatus::interrupted, "");
  }
  RunInfo again = run_info("mine");
  again.goes_on_after = 0;
  HistoryWriter writer(options(), again);
  writer.line(line("after"));
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT group_concat(line || ' ' || text) FROM logs"), "1 before,2 after");
}

TEST_F(RunLogTest, EventsTellWhereTheRunWas) {
  HistoryWriter writer(options(), run_info());
  writer.event({"resumed", "checkpoints/1"});
  now_ += 10;
  writer.event({"learning_rate", "0.1 → 0.01", 2, 200});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text(
                "SELECT group_concat(kind || ' ' || ifnull(epoch, '-') || ' ' || ifnull(step, '-') || ' ' || "
                "text) FROM (SELECT * FROM run_events ORDER BY happened)"),
            "resumed - - checkpoints/1,learning_rate 2 200 0.1 → 0.01");
}

TEST_F(RunLogTest, OnlyTheFirstEventsAreKept) {
  HistoryWriter writer(options(), run_info());
  for (int i = 1; i <= kEvents + 5; ++i) writer.event({"warning", std::to_string(i)});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(count("SELECT count(*) FROM events"), kEvents);
  EXPECT_EQ(count("SELECT max(CAST(text AS INTEGER)) FROM events"), kEvents);
}

TEST_F(RunLogTest, HostileLinesBreakNothing) {
  HistoryWriter writer(options(), run_info());
  const std::string hostile = "a'b\"c;DROP TABLE runs;--\n\t\x01 \u202eabc \xff";
  writer.line(line(hostile));
  writer.line(line(std::string(10'000, 'x')));
  writer.line(line(""));
  writer.event({hostile, hostile});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(writer.loss(), "");
  EXPECT_EQ(raw().text("SELECT text FROM logs WHERE line = 1"),
            "a'b\"c;DROP TABLE runs;--\n\t\x01 \u202eabc \\xff");
  EXPECT_EQ(count("SELECT length(text) FROM logs WHERE line = 2"), 10'000);
  EXPECT_EQ(count("SELECT count(*) FROM events WHERE kind = text"), 1);
}

}  // namespace orrery
