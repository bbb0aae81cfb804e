#include "runtime/history/run_condition.h"

#include <cmath>
#include <limits>

#include "tests/history/history_fixture.h"

namespace orrery {

class RunConditionTest : public HistoryTest {
 protected:
  RunConditionTest() {
    record("slow", R"({"lr":0.001,"optimizer":{"name":"adam"},"amp":true,"width":"wide"})", 0.5,
           RunStatus::done);
    record("fast", R"({"lr":0.1,"optimizer":{"name":"sgd"},"amp":false,"epochs":3})", 0.25,
           RunStatus::failed);
    record("bare", "{}", std::nan(""), RunStatus::done);
  }

  void record(const std::string& name, const std::string& config, double loss, RunStatus status) {
    RunInfo run = run_info(name);
    run.config_json = config;
    run.tags = {name + " run", "all"};
    HistoryWriter writer(options(), run);
    writer.metric({1, Split::validation, "loss", loss});
    writer.metric({1, Split::train, "loss", 1.0});
    writer.metric({2, Split::train, "accuracy", loss});
    writer.end_epoch({1, 1.5, 10, 640});
    writer.finish(status, "");
  }

  // Names of the runs that fit, the oldest first.
  std::string fit(const std::string& where) {
    const Table runs = HistoryReader(path_, clock()).list({.where = where, .sort = "id", .columns = "run"});
    std::string names;
    for (const Row& row : runs.rows) names += std::get<std::string>(row[0]) + " ";
    return names;
  }
  std::string refusal(const std::string& where) {
    return message_of([&] { fit(where); });
  }
};

TEST_F(RunConditionTest, ComparesColumnsMetricsAndSettings) {
  EXPECT_EQ(fit("status=done"), "slow bare ");
  EXPECT_EQ(fit("status!=done"), "fast ");
  EXPECT_EQ(fit("lr<0.01"), "slow ");
  EXPECT_EQ(fit("lr<=0.1"), "slow fast ");
  EXPECT_EQ(fit("lr>0.001"), "fast ");
  EXPECT_EQ(fit("lr>=1e-3"), "slow fast ");
  EXPECT_EQ(fit("lr=.1"), "fast ");
  EXPECT_EQ(fit("val_loss<0.5"), "fast ");
  EXPECT_EQ(fit("validation_loss <= .5"), "slow fast ");
  EXPECT_EQ(fit("loss<0.5"), "fast ");
  EXPECT_EQ(fit("train_loss=1"), "slow fast bare ");
  EXPECT_EQ(fit("max:accuracy>0.3"), "slow ");
  EXPECT_EQ(fit("epochs=1"), "slow fast bare ");
  EXPECT_EQ(fit("config.epochs=3"), "fast ");
  EXPECT_EQ(fit("optimizer.name=adam"), "slow ");
  EXPECT_EQ(fit("amp=true"), "slow ");
  EXPECT_EQ(fit("amp=false"), "fast ");
}

TEST_F(RunConditionTest, TimesMayHaveAUnit) {
  raw().execute("UPDATE runs SET ended_unix_ms = started_unix_ms + 60000");
  for (const char* minute : {"60", "60s", "60000ms", "1min", "1m", "+1.0min"})
    EXPECT_EQ(fit(std::string("took=") + minute), "slow fast bare ") << minute;
  EXPECT_EQ(fit("took>1m"), "");
  EXPECT_EQ(fit("took < 1h and seconds<0.5d"), "slow fast bare ");
}

TEST_F(RunConditionTest, ContainsLooksIntoTextsWhateverTheirCase) {
  EXPECT_EQ(fit("run ~ AS"), "fast ");
  EXPECT_EQ(fit("run !~ as"), "slow bare ");
  EXPECT_EQ(fit("run ~ '%'"), "");
  EXPECT_EQ(fit("run ~ _"), "");
  EXPECT_EQ(fit("tags ~ 'slow run'"), "slow ");
}

TEST_F(RunConditionTest, TagIsAnyOfARunsTags) {
  EXPECT_EQ(fit("tag = all"), "slow fast bare ");
  EXPECT_EQ(fit("tag = \"fast run\""), "fast ");
  EXPECT_EQ(fit("tag != 'fast run'"), "slow bare ");
  EXPECT_EQ(fit("tag ~ SLOW"), "slow ");
  EXPECT_EQ(fit("tag !~ run"), "");
  EXPECT_EQ(fit("note = none"), "slow fast bare ");
  EXPECT_EQ(fit("note != none"), "");
}

TEST_F(RunConditionTest, AndBindsCloserThanOrAndNotClosest) {
  EXPECT_EQ(fit("run=slow or run=fast and status=done"), "slow ");
  EXPECT_EQ(fit("(run=slow or run=fast) and status=failed"), "fast ");
  EXPECT_EQ(fit("not run=slow and status=done"), "bare ");
  EXPECT_EQ(fit("not (run=slow and status=done)"), "fast bare ");
  EXPECT_EQ(fit("NOT run=slow AND NOT run=bare"), "fast ");
  EXPECT_EQ(fit("((run=slow))"), "slow ");
}

TEST_F(RunConditionTest, WhatARunLacksFitsNoComparisonButNone) {
  EXPECT_EQ(fit("lr!=0.1"), "slow ");
  EXPECT_EQ(fit("not lr=0.1"), "slow bare ");
  EXPECT_EQ(fit("lr=none"), "bare ");
  EXPECT_EQ(fit("lr!=none"), "slow fast ");
  EXPECT_EQ(fit("lr<1 or lr=none"), "slow fast bare ");
}

TEST_F(RunConditionTest, NaNIsToldApartFromNothing) {
  EXPECT_EQ(fit("val_loss=nan"), "bare ");
  EXPECT_EQ(fit("val_loss!=nan"), "slow fast ");
  EXPECT_EQ(fit("val_loss<inf"), "slow fast ");
  EXPECT_EQ(fit("val_loss=inf"), "");
}

TEST_F(RunConditionTest, NumbersAndTextsOfSettingsAreKeptApart) {
  EXPECT_EQ(fit("width>5"), "");
  EXPECT_EQ(fit("width=wide"), "slow ");
  EXPECT_EQ(fit("lr<zzz"), "");
  EXPECT_EQ(fit("width<zzz"), "slow ");
}

TEST_F(RunConditionTest, NothingOfTheTextBecomesSql) {
  EXPECT_EQ(fit("run = \"x' OR '1'='1\""), "");
  EXPECT_EQ(fit("run = 'a''b'"), "");
  EXPECT_NE(refusal("\"1=1) --\" = 1"), "");
  EXPECT_NE(refusal("\"lr\"\") OR 1=1 --\" = 1"), "");
  EXPECT_EQ(fit("run = \"slow\""), "slow ");
  EXPECT_EQ(fit("run='slow;DROP TABLE runs'"), "");
  EXPECT_EQ(count("SELECT count(*) FROM runs"), 3);
}

TEST_F(RunConditionTest, AnErrorPointsAtItsPlace) {
  const std::string message = refusal("lr<0.01 and stauts=done");
  EXPECT_NE(message.find("column 13: "), std::string::npos) << message;
  EXPECT_NE(message.find("'stauts' (did you mean 'status'?)"), std::string::npos) << message;
  EXPECT_NE(message.find("\n  lr<0.01 and stauts=done\n              ^"), std::string::npos) << message;
  EXPECT_NE(refusal("run = ü and x=1").find("\n  run = ü and x=1\n              ^"), std::string::npos);
}

TEST_F(RunConditionTest, RefusesWhatIsNoCondition) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"lr<", "expected a value behind '<'"},
      {"lr", "expected a comparison behind 'lr'"},
      {"lr 0.1", "expected a comparison behind 'lr'"},
      {"<1", "expected the name"},
      {"and lr=1", "expected the name"},
      {"lr=1 and", "expected the name"},
      {"lr=1 lr=2", "expected 'and' or 'or'"},
      {"(lr=1", "never closed"},
      {"lr=1)", "a parenthesis too many"},
      {"run='x", "the ' is never closed"},
      {"lr ! 1", "expected a comparison, got '!'"},
      {"epochs<many", "epochs is a number, got 'many'"},
      {"val_loss<low", "val_loss is a number, got 'low'"},
      {"epochs<10s", "epochs is a number without a unit, got '10s'"},
      {"parameters<10MiB", "parameters is a number without a unit, got '10MiB'"},
      {"took<10MiB", "took is a time, got '10MiB'"},
      {"took<soon", "took is a time, got 'soon'"},
      {"status=don", "did you mean 'done'?"},
      {"   ", "there is no condition"},
      {std::string(60, '(') + "lr=1", "nested too deeply"},
      {"run='" + std::string(20'000, 'x') + "'", "longer than"},
  };
  for (const auto& [where, said] : wrong)
    EXPECT_NE(refusal(where).find(said), std::string::npos) << where << "\n" << refusal(where);
  std::string many = "lr=1";
  for (int i = 0; i < 300; ++i) many += " or lr=1";
  EXPECT_NE(refusal(many).find("too many comparisons"), std::string::npos);
}

TEST_F(RunConditionTest, ALongConditionIsShownAroundTheError) {
  const std::string message = refusal("run='" + std::string(500, 'x') + "' and nowhere=1");
  EXPECT_LT(message.size(), 400u) << message;
  EXPECT_NE(message.find("column 512"), std::string::npos) << message;
}

}  // namespace orrery
