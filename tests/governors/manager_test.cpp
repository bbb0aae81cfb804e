#include "runtime/governors/manager.h"

#include <algorithm>

#include "tests/files/error_of.h"
#include "tests/governors/open_source.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

Manager manager(std::vector<Attributes::Entry> given, Manager::Parts parts = {}) {
  return Manager(std::move(parts), checked_attributes(manager_attributes(), given), {{"train.lua", 9}, ""});
}

TEST(ManagerTest, TrainsOneEpochOnWhatIsThereUnlessTold) {
  const Manager made = manager({});
  EXPECT_EQ(made.options().integer("epochs"), 1);
  EXPECT_EQ(made.options().text("device"), "auto");
  EXPECT_EQ(made.options().text("history"), "orrery.db");
  EXPECT_EQ(made.options().text("profile"), "block");
  EXPECT_FALSE(made.options().has("seed"));
}

TEST(ManagerTest, HistoryMayBeSwitchedOff) {
  EXPECT_EQ(manager({{"history", false}}).options().text("history"), "");
}

TEST(ManagerTest, KnowsItsDevices) {
  for (const char* device : {"auto", "cpu", "cuda", "cuda:0", "cuda:15"})
    EXPECT_NO_THROW(manager({{"device", device}})) << device;
  for (const char* device : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1234", ""})
    error_of(Fault::usage, [&] { manager({{"device", device}}); });
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       manager({{"device", "gpu"}});
                     }),
            "train.lua:9: device must be 'auto', 'cpu', 'cuda' or 'cuda:N', got \"gpu\"");
}

TEST(ManagerTest, CudaGraphsAreTakenWhereTheyCanBeHadUnlessToldOtherwise) {
  EXPECT_EQ(manager({}).options().text("cuda_graphs"), "auto");
  EXPECT_TRUE(manager({{"cuda_graphs", true}}).options().boolean("cuda_graphs"));
  EXPECT_FALSE(manager({{"cuda_graphs", false}}).options().boolean("cuda_graphs"));
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       manager({{"cuda_graphs", "atuo"}});
                     }),
            "cuda_graphs must be true or false, or 'auto', got \"atuo\"");
}

TEST(ManagerTest, TimesAreHoursMinutesAndSecondsWithOrWithoutDays) {
  EXPECT_EQ(seconds_of_time("00:00:01"), 1);
  EXPECT_EQ(seconds_of_time("1:2:3"), 3723);
  EXPECT_EQ(seconds_of_time("100:00:00"), 360000);
  EXPECT_EQ(seconds_of_time("01:02:03:04"), 93784);
  EXPECT_EQ(seconds_of_time("00:23:59:59"), 86399);
  for (const char* wrong : {"", "90", "10:00", "00:00:00", "00:60:00", "00:00:60", "0:24:00:00", "1:2:3:4:5",
                            "-1:00:00", "1:00:0x", "1: 0:00", "::", "999999:00:00"})
    EXPECT_EQ(seconds_of_time(wrong), std::nullopt) << wrong;
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       manager({{"max_time", "10 min"}});
                     }),
            "train.lua:9: max_time must be a time as HH:MM:SS or DD:HH:MM:SS, above 0, got \"10 min\"");
}

TEST(ManagerTest, OptionsHaveBounds) {
  const auto refusal = [](const char* option, AttributeValue value) {
    return error_of(Fault::usage, [&] { manager({{option, std::move(value)}}); });
  };
  EXPECT_EQ(refusal("epochs", std::int64_t{0}), "epochs must be an integer ≥ 1, got 0");
  EXPECT_EQ(refusal("threads", std::int64_t{0}), "threads must be an integer ≥ 1, got 0");
  EXPECT_EQ(refusal("seed", std::int64_t{-1}), "seed must be an integer ≥ 0, got -1");
}

TEST(ManagerTest, AProfileIsALevelOrAWindowOfSteps) {
  const auto refusal = [](const char* text) {
    return error_of(Fault::usage, [&] { manager({{"profile", std::string(text)}}); });
  };
  EXPECT_NO_THROW(manager({{"profile", std::string("step:100-120")}}));
  EXPECT_EQ(
      refusal("all"),
      "train.lua:9: profile must be 'off', 'block', 'node', 'step', 'step:FIRST-LAST' or 'kernel', got "
      "\"all\"\n  Steps count from 1 over the whole run, and a window has 10000 at the most: step:100-120.");
}

TEST(ManagerTest, PassesAreLeftOutByTheirNames) {
  EXPECT_FALSE(manager({}).options().has("skip_passes"));
  EXPECT_EQ(manager({{"skip_passes", "constant_folding,lowering"}}).options().text("skip_passes"),
            "constant_folding,lowering");
  const std::string told = error_of(Fault::usage, [] { manager({{"skip_passes", "lowering,dead_node"}}); });
  EXPECT_NE(told.find("skip_passes must be a list of 'common_subexpressions', "), std::string::npos) << told;
  EXPECT_NE(told.find(", got \"dead_node\" (did you mean 'dead_nodes'?)"), std::string::npos) << told;
}

TEST(ManagerTest, MonitorsTheLossOrAMetric) {
  const Manager::Parts parts = {.metrics = {valueless_metric("mean", "accuracy")}};
  EXPECT_NO_THROW(manager({{"monitor", "loss"}}));
  EXPECT_NO_THROW(manager({{"monitor", "accuracy"}}, parts));
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       manager({{"monitor", "f1"}}, parts);
                     }),
            "train.lua:9: monitor must be 'loss' or the name of a metric, got \"f1\"\n"
            "  A number of manager:log is monitored as 'log:NAME'.");
}

TEST(ManagerTest, ANumberOfTheValidationIsMonitoredWhereThereIsOne) {
  Manager::Parts parts = {.metrics = {valueless_metric("mean", "accuracy")}};
  error_of(Fault::usage, [&] { manager({{"monitor", "val_accuracy"}}, parts); });
  parts.validate = std::make_shared<DataSource>(open_source("digits"));
  EXPECT_NO_THROW(manager({{"monitor", "val_accuracy"}}, parts));
  EXPECT_NO_THROW(manager({{"monitor", "val_loss"}}, parts));
  error_of(Fault::usage, [&] { manager({{"monitor", "val_f1"}}, parts); });
}

TEST(ManagerTest, MonitorsWhatTheScriptWillLog) {
  EXPECT_NO_THROW(manager({{"monitor", "log:reward"}}));
  EXPECT_EQ(logged_monitor("log:reward"), "reward");
  EXPECT_EQ(logged_monitor("loss"), std::nullopt);
  EXPECT_EQ(logged_monitor("log:"), std::nullopt);
  error_of(Fault::usage, [] { manager({{"monitor", "log:"}}); });
}

TEST(ManagerTest, TablesOfItsOwnAreThereWhenTheyWereGiven) {
  const auto group = [](const std::string& name, std::vector<Attributes::Entry> given) {
    const auto described = std::ranges::find(manager_groups(), name, &ManagerGroup::name);
    return checked_attributes(described->attributes, given);
  };
  const auto with = [](Manager::Groups groups) {
    return Manager({}, checked_attributes(manager_attributes(), {}), {{"train.lua", 9}, ""},
                   std::move(groups));
  };
  EXPECT_EQ(manager({}).group("ema"), nullptr);
  EXPECT_EQ(with({{"ema", group("ema", {})}}).group("ema")->real("decay"), 0.999);
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       with({{"checkpoint", group("checkpoint", {{"monitor", "f1"}})}});
                     }),
            "train.lua:9: checkpoint: monitor must be 'loss' or the name of a metric, got \"f1\"\n"
            "  A number of manager:log is monitored as 'log:NAME'.");
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       with({{"ema", group("ema", {})}, {"swa", group("swa", {})}});
                     }),
            "train.lua:9: both ema and swa are given: the averages would be of one set of weights");
}

TEST(ManagerTest, MetricsHaveDifferentNames) {
  const Manager::Parts parts = {
      .metrics = {valueless_metric("mean", "accuracy"), valueless_metric("mean", "accuracy")}};
  EXPECT_EQ(error_of(Fault::usage, [&] { manager({}, parts); }),
            "train.lua:9: two metrics are called 'accuracy'");
}

TEST(ManagerTest, MetricsLeaveTheRunsOwnNamesAlone) {
  const auto message = [](const std::string& name, SourceSite line) {
    return error_of(Fault::usage, [&] {
      Metric metric = valueless_metric("mean", name);
      metric.origin = {line, ""};
      manager({}, {.metrics = {valueless_metric("mean", "accuracy"), metric}});
    });
  };
  EXPECT_EQ(
      message("loss", {"train.lua", 7}),
      "train.lua:7: a metric cannot be called 'loss': loss, samples, seconds are reserved for the run's "
      "own numbers\n  Give it another name: metrics = { my_loss = … }.");
  EXPECT_TRUE(message("seconds", {}).starts_with("train.lua:9: a metric cannot be called 'seconds'"));
  EXPECT_TRUE(message("samples", {}).starts_with("train.lua:9: a metric cannot be called 'samples'"));
  EXPECT_NO_THROW(manager({}, {.metrics = {valueless_metric("mean", "losses")}}));
}

}  // namespace
}  // namespace orrery
