#include "runtime/engine/training/best_number.h"

#include <cmath>

#include <gtest/gtest.h>

namespace orrery {
namespace {

RunTargets targets() {
  RunTargets made;
  made.followed = {{"loss", valueless_metric("mean", "loss"), {0}},
                   {"accuracy", valueless_metric("accuracy", "accuracy"), {1, 2}}};
  made.loss_count = 1;
  return made;
}

EpochReport epoch(std::int64_t number, double loss, double accuracy, bool validated = true) {
  EpochReport report{.epoch = number};
  report.train = {{"loss", 9}, {"accuracy", 0}};
  if (validated) report.validation = {{"loss", loss}, {"accuracy", accuracy}};
  return report;
}

TEST(BestNumberTest, FollowsTheFirstMetricOfTheValidationUnlessTold) {
  BestNumber best(targets(), "", true);
  EXPECT_EQ(best.name(), "val_accuracy");
  EXPECT_TRUE(best.improved(epoch(1, 1, 0.5)));
  EXPECT_FALSE(best.improved(epoch(2, 0.1, 0.5)));
  EXPECT_TRUE(best.improved(epoch(3, 2, 0.6)));
  EXPECT_EQ(best.best()->epoch, 3);
  EXPECT_EQ(best.best()->number.value, 0.6);
}

TEST(BestNumberTest, SmallerLossIsBetter) {
  BestNumber best(targets(), "loss", true);
  EXPECT_TRUE(best.improved(epoch(1, 1, 0)));
  EXPECT_FALSE(best.improved(epoch(2, 1.1, 0)));
  EXPECT_TRUE(best.improved(epoch(3, 0.9, 0)));
}

TEST(BestNumberTest, DirectionCanBeTurned) {
  BestNumber best(targets(), "loss", true, BestNumber::Direction::larger);
  EXPECT_TRUE(best.improved(epoch(1, 1, 0)));
  EXPECT_TRUE(best.improved(epoch(2, 2, 0)));
}

TEST(BestNumberTest, NaNAndEpochsWithoutValidationAreNeverTheBest) {
  BestNumber best(targets(), "", true);
  EXPECT_FALSE(best.improved(epoch(1, 1, std::nan(""))));
  EXPECT_FALSE(best.improved(epoch(2, 1, 1, false)));
  EXPECT_TRUE(best.improved(epoch(3, 1, 0.1)));
}

TEST(BestNumberTest, WithoutValidationTrainingIsFollowed) {
  BestNumber best(targets(), "", false);
  EXPECT_EQ(best.name(), "accuracy");
  EXPECT_TRUE(best.improved(epoch(1, 0, 0, false)));
  EXPECT_EQ(best.best()->number.value, 0);
}

}  // namespace
}  // namespace orrery
