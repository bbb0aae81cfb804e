#include "runtime/history/log_tap.h"

#include "tests/history/history_fixture.h"

namespace orrery {

class LogTapTest : public HistoryTest {
 protected:
  LogTapTest() {
    runtime_.log.sink = [this](Log::Level, const std::string& text) { said_.push_back(text); };
  }
  std::shared_ptr<HistoryWriter> run(const std::string& name) {
    auto writer = std::make_shared<HistoryWriter>(options(), run_info(name));
    listen(runtime_, writer);
    return writer;
  }
  std::string lines_of(const std::string& run) const {
    return raw().text(fmt::format(
        "SELECT ifnull(group_concat(stream || ' ' || text), '') FROM run_log WHERE run = '{}'", run));
  }

  Runtime runtime_;
  std::vector<std::string> said_;
};

TEST_F(LogTapTest, AWarningIsAnEventAndALineAndIsStillSaid) {
  const auto writer = run("mine");
  runtime_.log.warning("careful");
  runtime_.log.info("by the way");
  writer->finish(RunStatus::done, "");
  EXPECT_EQ(said_, (std::vector<std::string>{"careful", "by the way"}));
  EXPECT_EQ(raw().text("SELECT group_concat(kind || ' ' || text) FROM events"), "warning careful");
  EXPECT_EQ(lines_of("mine"), "stderr careful,stderr by the way");
}

TEST_F(LogTapTest, ALineIsKeptWhenItEnds) {
  const auto writer = run("mine");
  printed(runtime_, LogLine::Stream::out, "one");
  printed(runtime_, LogLine::Stream::err, "apart\n");
  printed(runtime_, LogLine::Stream::out, " and a half\ntwo\n\nthree");
  writer->finish(RunStatus::done, "");
  EXPECT_EQ(lines_of("mine"), "stderr apart,stdout one and a half,stdout two,stdout ");
}

TEST_F(LogTapTest, OfALineThatIsDrawnAgainTheLastStateIsKeptWithoutColours) {
  const auto writer = run("mine");
  printed(runtime_, LogLine::Stream::out, "10 %\r\x1b[K50 %\r\x1b[K\x1b[1m100\x1b[0m %\r\n");
  printed(runtime_, LogLine::Stream::out, "cut \x1b[3\n");
  writer->finish(RunStatus::done, "");
  EXPECT_EQ(lines_of("mine"), "stdout 100 %,stdout cut ");
}

TEST_F(LogTapTest, EachRunThatGoesOnHearsIt) {
  const auto one = run("one");
  {
    const auto two = run("two");
    printed(runtime_, LogLine::Stream::out, "to both\n");
    two->finish(RunStatus::done, "");
  }
  printed(runtime_, LogLine::Stream::out, "to one\n");
  one->finish(RunStatus::done, "");
  EXPECT_EQ(lines_of("one"), "stdout to both,stdout to one");
  EXPECT_EQ(lines_of("two"), "stdout to both");
}

TEST_F(LogTapTest, WithoutARunNothingListens) {
  printed(runtime_, LogLine::Stream::out, "nobody\n");
  runtime_.log.warning("careful");
  EXPECT_EQ(said_, std::vector<std::string>{"careful"});
  { run("gone")->finish(RunStatus::done, ""); }
  runtime_.log.warning("again");
  EXPECT_EQ(count("SELECT count(*) FROM events"), 0);
}

TEST_F(LogTapTest, AHistoryThatFailsWarnsThroughTheSameLog) {
  HistoryOptions own = options();
  own.warn = [this](const std::string& text) { runtime_.log.warning(text); };
  const auto writer = std::make_shared<HistoryWriter>(own, run_info("mine"));
  listen(runtime_, writer);
  std::filesystem::remove(path_);
  write_epoch(*writer, 1);
  writer->finish(RunStatus::done, "");
  ASSERT_EQ(said_.size(), 2u);
  EXPECT_NE(said_[0].find("was deleted or replaced"), std::string::npos);
}

}  // namespace orrery
