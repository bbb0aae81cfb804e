#include "runtime/engine/training/monitored.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/engine/training/experiment.h"

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

}  // namespace
}  // namespace orrery
