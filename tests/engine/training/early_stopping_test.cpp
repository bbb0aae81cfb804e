#include "runtime/engine/training/early_stopping.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/engine/training/resumable.h"

namespace orrery {
namespace {

using testing::Given;
using testing::SmallRun;
using testing::Watcher;
using testing::whole;

RunTargets stopping_targets() {
  RunTargets made;
  made.followed = {{"loss", valueless_metric("mean", "loss"), {0}},
                   {"accuracy", valueless_metric("accuracy", "accuracy"), {1, 2}}};
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

// Patience does not end it.
EarlyStopping within(const std::string& monitor, Given given) {
  given.push_back({"patience", whole(100)});
  return {Monitored(stopping_targets(), monitor, true), options(given)};
}

TEST(EarlyStoppingTest, EndsAtANumberThatIsAtLeastAsGoodAsStoppingThreshold) {
  const Given at_half = {{"stopping_threshold", 0.5}};
  EXPECT_EQ(ends_at(within("loss", at_half), {2, 0.6, 0.4}), 3);
  EXPECT_EQ(ends_at(within("loss", at_half), {0.6, 0.5, 0.4}), 2);
  EXPECT_EQ(ends_at(within("loss", at_half), {0.6, std::nextafter(0.5, 1.0)}), 0);
  EXPECT_EQ(ends_at(within("accuracy", at_half), {0.2, 0.4, 0.6}, true), 3);
  EXPECT_EQ(ends_at(within("accuracy", at_half), {0.2, 0.5, 0.6}, true), 2);
  EXPECT_EQ(ends_at(within("accuracy", at_half), {0.2, std::nextafter(0.5, 0.0)}, true), 0);
}

TEST(EarlyStoppingTest, EndsAtANumberThatIsWorseThanDivergenceThreshold) {
  const Given at_half = {{"divergence_threshold", 0.5}};
  EXPECT_EQ(ends_at(within("loss", at_half), {0.2, 0.5, 0.6}), 3);
  EXPECT_EQ(ends_at(within("loss", at_half), {0.2, std::nextafter(0.5, 1.0)}), 2);
  EXPECT_EQ(ends_at(within("accuracy", at_half), {0.6, 0.5, 0.4}, true), 3);
  EXPECT_EQ(ends_at(within("accuracy", at_half), {0.6, std::nextafter(0.5, 0.0)}, true), 2);
}

TEST(EarlyStoppingTest, AThresholdMayBeNegativeAndNaNIsPastNone) {
  EXPECT_EQ(ends_at(within("loss", {{"stopping_threshold", -1.0}}), {0, -0.5, -1}), 3);
  const Given both = {{"stopping_threshold", 0.5}, {"divergence_threshold", 2.0}, {"check_finite", false}};
  EXPECT_EQ(ends_at(within("loss", both), {1, std::nan(""), 1}), 0);
  EXPECT_EQ(ends_at(within("loss", both), {1, static_cast<double>(INFINITY)}), 2);
}

TEST(EarlyStoppingTest, SaysWhichThresholdItIsPast) {
  const auto told = [](double loss) {
    EpochReport report{.epoch = 1};
    report.validation = {{"loss", loss}, {"accuracy", 0}};
    return within("loss", {{"stopping_threshold", 0.5}, {"divergence_threshold", 2.0}}).see(report);
  };
  EXPECT_EQ(told(0.25), "val_loss, 0.25, has reached stopping_threshold, 0.5");
  EXPECT_EQ(told(3), "val_loss, 3, is worse than divergence_threshold, 2");
  EXPECT_EQ(told(1), "");
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

// A run of ten epochs at most, with checkpoints, that ends at its third epoch's loss.
struct ToTarget : SmallRun {
  ToTarget(const std::string& folder, double target) {
    optimize("SGD", loss, {{"lr", 0.1}});
    set("epochs", whole(10));
    ask("early_stopping", {{"stopping_threshold", target}});
    ask("checkpoint", {{"dirpath", folder}});
  }
};

double loss_of_third_epoch() {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.set("epochs", whole(3));
  return small.run().train.at(0).value;
}

TEST(EarlyStoppingTest, ARunThatIsResumedEndsAtTheSameThreshold) {
  const TemporaryFolder folder;
  const double target = loss_of_third_epoch();
  ToTarget first(folder.path(), target);
  Watcher watcher(first.runtime, Watcher::At::epoch, 1);
  error_of(Fault::terminated, [&] { first.run(watcher); });
  for (int time = 0; time < 2; ++time) {  // the second has nothing left to do
    ToTarget resumed(folder.path(), target);
    resumed.set("resume", std::string("last"));
    const TrainingSummary summary = resumed.run();
    EXPECT_EQ(summary.epochs, 3);
    EXPECT_EQ(summary.stopped_early,
              fmt::format("loss, {:.6g}, has reached stopping_threshold, {:.6g}", target, target));
  }
}

}  // namespace
}  // namespace orrery
