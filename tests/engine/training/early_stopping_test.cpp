#include "runtime/engine/training/early_stopping.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/engine/training/experiment.h"

namespace orrery {
namespace {

using testing::Given;
using testing::SmallRun;
using testing::whole;

RunTargets stopping_targets() {
  RunTargets made;
  made.followed = {{"loss", Metric::Kind::mean, {0}}, {"accuracy", Metric::Kind::accuracy, {1, 2}}};
  made.loss_count = 1;
  return made;
}

Attributes options(const Given& given) { return checked_attributes(manager_groups()[0].attributes, given); }

// The validation, from 1, after which it wants to end; 0: never.
int ends_at(EarlyStopping stopping, const std::vector<double>& values, bool accuracy = false) {
  for (size_t i = 0; i < values.size(); ++i) {
    EpochReport report{.epoch = static_cast<std::int64_t>(i) + 1};
    report.validation = {{"loss", accuracy ? 0 : values[i]}, {"accuracy", accuracy ? values[i] : 0}};
    if (!stopping.see(report).empty()) return static_cast<int>(i) + 1;
  }
  return 0;
}

EarlyStopping on_loss(const Given& given) {
  return {Monitored(stopping_targets(), "loss", true), options(given)};
}

TEST(EarlyStoppingTest, EndsAfterSoManyValidationsWithoutABetterNumber) {
  const std::vector<double> values = {3, 2, 2.5, 2.1, 1.9, 2, 2, 2, 2};
  EXPECT_EQ(ends_at(on_loss({}), values), 8);
  EXPECT_EQ(ends_at(on_loss({{"patience", whole(2)}}), values), 4);
  EXPECT_EQ(ends_at(on_loss({{"patience", whole(4)}}), values), 9);
  EXPECT_EQ(ends_at(on_loss({{"patience", whole(5)}}), values), 0);
  EXPECT_EQ(ends_at(on_loss({{"patience", whole(0)}}), {2, 2}), 2);
}

TEST(EarlyStoppingTest, BetterIsBetterByMoreThanMinDelta) {
  const std::vector<double> values = {1, 0.9, 0.8, 0.7};
  EXPECT_EQ(ends_at(on_loss({{"patience", whole(1)}, {"min_delta", 0.05}}), values), 0);
  EXPECT_EQ(ends_at(on_loss({{"patience", whole(1)}, {"min_delta", 0.15}}), values), 2);
}

TEST(EarlyStoppingTest, AnAccuracyShallRise) {
  const auto stopping = [] {
    return EarlyStopping(Monitored(stopping_targets(), "accuracy", true),
                         options({{"patience", whole(1)}, {"min_delta", 0.05}}));
  };
  EXPECT_EQ(ends_at(stopping(), {0.1, 0.2, 0.3, 0.31}, true), 4);
  EXPECT_EQ(ends_at(stopping(), {0.1, 0.2, 0.3, 0.4}, true), 0);
}

TEST(EarlyStoppingTest, NaNAndInfinityEndItAtOnceUnlessToldNotTo) {
  for (const double bad : {std::nan(""), static_cast<double>(INFINITY)}) {
    EXPECT_EQ(ends_at(on_loss({}), {1, bad}), 2);
    EXPECT_EQ(ends_at(on_loss({{"check_finite", false}}), {1, bad, 0.5}), 0);
  }
}

TEST(EarlyStoppingTest, EpochsWithoutValidationDoNotCount) {
  EarlyStopping stopping = on_loss({{"patience", whole(1)}});
  EpochReport validated{.epoch = 1}, not_validated{.epoch = 2};
  validated.validation = {{"loss", 1}, {"accuracy", 0}};
  EXPECT_EQ(stopping.see(validated), "");
  EXPECT_EQ(stopping.see(not_validated), "");
  EXPECT_EQ(stopping.see(validated), "val_loss has not become better than 1 in 1 validation");
}

TEST(EarlyStoppingTest, EndsARunAndSaysWhy) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.0}});
  small.set("epochs", whole(50));
  small.ask("early_stopping", {{"patience", whole(2)}});
  const TrainingSummary summary = small.run();
  EXPECT_EQ(summary.epochs, 3);
  EXPECT_EQ(summary.stopped_early.substr(0, 31), "loss has not become better than");
}

}  // namespace
}  // namespace orrery
