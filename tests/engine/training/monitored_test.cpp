#include "runtime/engine/training/monitored.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::SmallRun;

TEST(MonitoredTest, NaNIsNeverBetterAndEverythingIsBetterThanNaN) {
  const Monitored monitored(
      RunTargets{.followed = {{"loss", valueless_metric("mean", "loss"), {0}}}, .loss_count = 1}, "", false);
  EXPECT_TRUE(monitored.better(1, 2));
  EXPECT_FALSE(monitored.better(2, 2));
  EXPECT_FALSE(monitored.better(std::nan(""), 2));
  EXPECT_TRUE(monitored.better(2, std::nan("")));
  EXPECT_FALSE(monitored.better(std::nan(""), std::nan("")));
}

TEST(MonitoredTest, ATableOfTheManagerOverridesItsMonitorAndMode) {
  SmallRun small;
  small.optimize("SGD", small.loss, {});
  small.follow("accuracy", "accuracy", {small.scores, small.labels});
  small.set("monitor", std::string("loss"));
  small.set("mode", std::string("max"));
  small.ask("early_stopping", {});
  small.ask("checkpoint", {{"monitor", std::string("accuracy")}});
  const Manager& manager = small.manager();
  const RunTargets targets = run_targets(small.graph, manager, false);
  const Monitored inherited = Monitored::of(targets, manager, *manager.group("early_stopping"), true);
  EXPECT_EQ(inherited.name(), "val_loss");
  EXPECT_EQ(inherited.direction(), Monitored::Direction::larger);
  const Monitored own = Monitored::of(targets, manager, *manager.group("checkpoint"), false);
  EXPECT_EQ(own.name(), "accuracy");
  EXPECT_EQ(own.direction(), Monitored::Direction::larger);
}

TEST(MonitoredTest, ANumberMayBeCalledAsThatOfTheValidation) {
  SmallRun small;
  small.optimize("SGD", small.loss, {});
  small.follow("accuracy", "accuracy", {small.scores, small.labels});
  const RunTargets targets = run_targets(small.graph, small.manager(), false);
  EXPECT_EQ(Monitored(targets, "val_loss", true).name(), "val_loss");
  EXPECT_EQ(Monitored(targets, "val_accuracy", true).name(), "val_accuracy");
  EXPECT_EQ(Monitored(targets, "", true).name(), "val_accuracy");
}

EpochReport epoch_that_logged(std::vector<MetricRecord> logged) {
  EpochReport report{.epoch = 3, .logged = std::move(logged)};
  report.validated = true;
  return report;
}

TEST(MonitoredTest, ANumberThatIsLoggedIsValidationsIfThatHasItElseTrainings) {
  const Monitored monitored({}, "log:reward", true);
  EXPECT_EQ(monitored.name(), "reward");
  EXPECT_EQ(monitored.direction(), Monitored::Direction::smaller);
  const MetricRecord trained{3, Split::train, "reward", 1}, validated{3, Split::validation, "reward", 2};
  EXPECT_EQ(monitored.value(epoch_that_logged({trained, validated})), 2);
  EXPECT_EQ(monitored.value(epoch_that_logged({trained})), 1);
  EpochReport report = epoch_that_logged({trained});
  report.validated = false;
  EXPECT_EQ(monitored.value(report), std::nullopt);
  EXPECT_EQ(Monitored({}, "log:reward", false).value(report), 1);
}

TEST(MonitoredTest, ANumberThatAWholeEpochDidNotLogIsRefused) {
  const Monitored monitored({}, "log:reward", true);
  EpochReport report = epoch_that_logged({{3, Split::train, "rewards", 1}});
  EXPECT_EQ(error_of(Fault::usage, [&] { monitored.value(report); }),
            "'log:reward' is monitored, and epoch 3 logged no such mean (did you mean 'rewards'?)\n"
            "  Log it in each epoch, in validation_end at the latest: manager:log(\"reward\", value, { "
            "on_epoch = true }).");
  report.whole = false;
  EXPECT_EQ(monitored.value(report), std::nullopt);
}

}  // namespace
}  // namespace orrery
