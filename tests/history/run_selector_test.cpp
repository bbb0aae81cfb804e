#include "runtime/history/run_selector.h"

#include <cmath>
#include <limits>

#include "tests/history/history_fixture.h"

namespace orrery {

class RunSelectorTest : public HistoryTest {
 protected:
  void record(const std::string& name) {
    HistoryWriter(options(), run_info(name)).finish(RunStatus::done, "");
  }
  void record(const std::string& name, double loss, double accuracy) {
    RunInfo run = run_info(name);
    run.rising_metrics = {"coverage"};
    HistoryWriter writer(options(), run);
    writer.metric({1, Split::validation, "loss", loss});
    writer.metric({2, Split::validation, "loss", loss + 1});
    writer.metric({1, Split::train, "loss", -loss});
    writer.metric({1, Split::validation, "accuracy", accuracy});
    writer.metric({1, Split::validation, "coverage", accuracy});
    writer.end_epoch({1, 1.5, 10, 640});
    writer.finish(RunStatus::done, "");
  }
  std::int64_t resolve(const std::string& text) { return HistoryReader(path_, clock()).resolve(text); }
  std::string refusal(const std::string& text) {
    return message_of([&] { resolve(text); });
  }
};

TEST_F(RunSelectorTest, TakesNumberNameLastAndPrefix) {
  for (const char* name : {"alpha", "alpine", "beta"}) record(name);
  EXPECT_EQ(resolve("1"), 1);
  EXPECT_EQ(resolve("alpine"), 2);
  EXPECT_EQ(resolve("last"), 3);
  EXPECT_EQ(resolve("last~2"), 1);
  EXPECT_EQ(resolve("b"), 3);
  EXPECT_EQ(resolve("alph"), 1);
  EXPECT_EQ(resolve(raw().text("SELECT uid FROM runs WHERE run_id = 2")), 2);
  EXPECT_EQ(resolve(raw().text("SELECT substr(uid, 1, 12) FROM runs WHERE run_id = 2")), 2);
}

TEST_F(RunSelectorTest, AWholeNameWinsOverALongerOne) {
  record("alpha");
  record("alpha-long");
  EXPECT_EQ(resolve("alpha"), 1);
}

TEST_F(RunSelectorTest, AnAmbiguousPrefixNamesTheRuns) {
  record("alpha");
  record("alpine");
  EXPECT_NE(refusal("al").find("'al' fits several runs: alpine, alpha"), std::string::npos) << refusal("al");
  for (int i = 0; i < 5; ++i) record("alps");
  EXPECT_NE(refusal("al").find(", …\n"), std::string::npos) << refusal("al");
}

TEST_F(RunSelectorTest, AnUnknownNameSuggestsTheNearest) {
  record("brave-otter-1");
  EXPECT_NE(refusal("brave-oter-1").find("did you mean 'brave-otter-1'?"), std::string::npos);
  EXPECT_EQ(refusal("zebra").find("did you mean"), std::string::npos);
}

TEST_F(RunSelectorTest, RefusesWhatIsNotThere) {
  record("alpha");
  EXPECT_NE(refusal("last~1").find("there is only 1 run in"), std::string::npos);
  for (const char* text : {"7", "", "99999999999999999999", "last~", "last~x", "last~-1",
                           "best:", "best:loss", "%", "*", "a'b", "\xff"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
}

TEST_F(RunSelectorTest, BestIsTheRunWithTheBestValueOfAnyEpoch) {
  record("one", 0.5, 0.7);
  record("two", 0.2, 0.9);
  record("three", 0.4, 0.9);
  EXPECT_EQ(resolve("best:val_loss"), 2);
  EXPECT_EQ(resolve("best:validation_loss~1"), 3);
  EXPECT_EQ(resolve("best:loss~2"), 1);
  EXPECT_EQ(resolve("best:train_loss"), 1);
  EXPECT_EQ(resolve("best:val_accuracy"), 3) << "the newest of equal ones";
  EXPECT_EQ(resolve("best:val_accuracy~1"), 2);
  EXPECT_EQ(resolve("best:coverage~2"), 1) << "the manager said that it rises";
}

TEST_F(RunSelectorTest, BestIsNeverNaNOrInfinite) {
  record("nan", std::nan(""), 0);
  record("inf", -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity());
  record("finite", 3, 0.1);
  EXPECT_EQ(resolve("best:val_loss"), 3);
  EXPECT_EQ(resolve("best:val_accuracy"), 3);
  EXPECT_NE(refusal("best:val_loss~1").find("only 1 run has a finite val_loss"), std::string::npos);
}

TEST_F(RunSelectorTest, AnUnknownMetricIsSaidWithTheKnown) {
  record("one", 0.5, 0.7);
  const std::string message = refusal("best:val_los");
  EXPECT_NE(message.find("no run has a metric 'val_los' (did you mean 'val_loss'?)"), std::string::npos);
  EXPECT_NE(message.find("There are "), std::string::npos) << message;
  EXPECT_EQ(message.find("status"), std::string::npos) << "a column is no metric";
}

TEST_F(RunSelectorTest, AnUnknownRunIsSaidWithTheNewest) {
  for (const char* name : {"alpha", "beta", "gamma"}) record(name);
  EXPECT_NE(refusal("zebra").find("There are gamma, beta, alpha."), std::string::npos) << refusal("zebra");
  for (const char* name : {"delta", "epsilon", "zeta"}) record(name);
  EXPECT_NE(refusal("xyz").find("The newest are zeta, epsilon, delta, gamma, beta."), std::string::npos);
}

TEST_F(RunSelectorTest, AnEmptyHistoryIsSaid) {
  open_history(path_, Access::create, std::chrono::milliseconds(100));
  EXPECT_NE(refusal("last").find("there are no runs in"), std::string::npos);
}

}  // namespace orrery
