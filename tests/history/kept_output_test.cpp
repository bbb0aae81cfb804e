#include "runtime/history/kept_output.h"

#include "runtime/history/interrupted.h"
#include "tests/history/history_fixture.h"

namespace orrery {

class KeptOutputTest : public HistoryTest {
 protected:
  static std::string cut(const std::vector<std::string>& parts) {
    LineCutter cutter(LogLine::Stream::out);
    std::vector<LogLine> lines;
    for (const std::string& part : parts) cutter.add(part, 0, lines);
    cutter.finish(0, lines);
    std::string all;
    for (const LogLine& line : lines) all += line.text + "|";
    return all;
  }
  std::vector<LogLine> lines(int count) const {
    std::vector<LogLine> all;
    for (int i = 1; i <= count; ++i) all.push_back({LogLine::Stream::err, fmt::format("line {}", i), now_});
    return all;
  }
};

TEST_F(KeptOutputTest, LinesAreCutWhereTheyEnd) {
  EXPECT_EQ(cut({"one\ntw", "o\n", "\nthree"}), "one|two||three|");
  EXPECT_EQ(cut({""}), "");
}

TEST_F(KeptOutputTest, WhatATerminalDrawsOverIsLeftOut) {
  EXPECT_EQ(cut({"10 %\r50 %\r100 %\n"}), "100 %|");
  EXPECT_EQ(cut({"from Windows\r\n"}), "from Windows|");
  EXPECT_EQ(cut({"\x1b[31mred\x1b[0m\n"}), "red|");
}

TEST_F(KeptOutputTest, ALineWithoutEndTakesNoMoreThanIsKept) {
  LineCutter cutter(LogLine::Stream::out);
  std::vector<LogLine> found;
  for (int i = 0; i < 100; ++i) cutter.add(std::string(1 << 16, 'x'), 0, found);
  cutter.finish(0, found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GE(found[0].text.size(), kLogLineBytes);
  EXPECT_LE(found[0].text.size(), 2 * kLogLineBytes + (1 << 16));
}

TEST_F(KeptOutputTest, LinesStandInOrderWithTheirStreamUnderTheRun) {
  HistoryWriter writer(options(), run_info("live"));
  KeptOutput output(path_, "live");
  output.add({{LogLine::Stream::out, "hello", now_}, {LogLine::Stream::err, "\xFF bad", now_ + 5}});
  EXPECT_TRUE(output.flush());
  output.add({{LogLine::Stream::out, "again", now_}});
  EXPECT_TRUE(output.flush());
  EXPECT_EQ(raw().text("SELECT group_concat(line || stream || text, ';') FROM run_log WHERE run = 'live'"),
            "1stdouthello;2stderr\\xff bad;3stdoutagain");
}

TEST_F(KeptOutputTest, LinesWaitForARunThatIsNotThereYet) {
  KeptOutput output(path_, "late");
  output.add(lines(3));
  EXPECT_FALSE(output.flush());
  HistoryWriter writer(options(), run_info("late"));
  EXPECT_TRUE(output.flush());
  EXPECT_EQ(count("SELECT count(*) FROM logs"), 3);
}

TEST_F(KeptOutputTest, LinesWaitWhileTheFileIsLocked) {
  HistoryWriter writer(options(), run_info("live"));
  KeptOutput output(path_, "live", std::chrono::milliseconds(10));
  {
    Database other = raw();
    const Transaction locking(other);
    output.add(lines(2));
    EXPECT_FALSE(output.flush());
    output.add(lines(1));
  }
  EXPECT_TRUE(output.flush());
  EXPECT_EQ(count("SELECT count(*) FROM logs"), 3);
  EXPECT_TRUE(output.take_waiting().empty());
}

TEST_F(KeptOutputTest, OnlyTheNewestLinesWait) {
  KeptOutput output(path_, "never");
  output.add(lines(static_cast<int>(kLogLines) + 5));
  EXPECT_FALSE(output.flush());
  const std::vector<LogLine> waiting = output.take_waiting();
  ASSERT_EQ(waiting.size(), static_cast<std::size_t>(kLogLines));
  EXPECT_EQ(waiting.front().text, "line 6");
}

TEST_F(KeptOutputTest, ARunThatItsProcessLeftOpenIsInterrupted) {
  HistoryWriter writer(options(), run_info("killed"));
  KeptOutput output(path_, "killed");
  output.ended("the process was killed (SIGKILL), without closing the run", now_ + 7);
  EXPECT_EQ(raw().text("SELECT status || ': ' || exit_reason FROM runs"),
            "interrupted: the process was killed (SIGKILL), without closing the run");
  writer.finish(RunStatus::done, "");
}

TEST_F(KeptOutputTest, TheReasonIsToldAlsoWhenAReaderFoundTheProcessGoneBefore) {
  HistoryWriter writer(options(), run_info("killed"));
  raw().execute("UPDATE runs SET process_start_ticks = process_start_ticks - 1");
  HistoryReader(path_, clock());
  EXPECT_EQ(raw().text("SELECT exit_reason FROM runs"), kProcessIsGone);
  KeptOutput(path_, "killed").ended("it was killed", now_);
  EXPECT_EQ(raw().text("SELECT exit_reason FROM runs"), "it was killed");
  writer.finish(RunStatus::done, "");
}

TEST_F(KeptOutputTest, ARunThatHasEndedKeepsItsEnd) {
  HistoryWriter(options(), run_info("done")).finish(RunStatus::done, "");
  KeptOutput(path_, "done").ended("the process ended with exit code 0", now_);
  EXPECT_EQ(raw().text("SELECT status FROM runs"), "done");
}

}  // namespace orrery
