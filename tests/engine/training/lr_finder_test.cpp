#include "runtime/engine/training/lr_finder.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::bit_equal;
using testing::Given;
using testing::SmallRun;
using testing::whole;

LearningRates found_by(SmallRun& small, const Given& options = {}) {
  const Manager& manager = small.manager();
  return find_learning_rate(small.runtime, small.graph, manager,
                            checked_attributes(lr_finder_attributes(), options));
}

std::shared_ptr<Optimizer> prepare_small(SmallRun& small) {
  small.set("epochs", whole(2));
  return small.optimize("Adam", small.loss, {{"lr", 0.01}});
}

TEST(LrFinderTest, SuggestsWhereLossesFallFastest) {
  const std::vector<double> rates = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(steepest(rates, {9, 8, 7, 3, 2, 1}, 0, 0), 3);  // (3 - 8) / 2
  EXPECT_EQ(steepest(rates, {9, 1, 1, 1, 1, 1}, 0, 0), 1);  // at the ends from one side
  EXPECT_EQ(steepest(rates, {9, 1, 1, 0, 1, 1}, 1, 1), 3);
  EXPECT_EQ(steepest(rates, {5, 5, 5, 5, 5, 0}, 0, 1), 1);
  EXPECT_EQ(steepest({1, 2, 3}, {3, 2, 1}, 1, 1), std::nullopt);
  EXPECT_EQ(steepest({1, 2, 3}, {3, 2, 1}, 1, 0), 2);
  EXPECT_EQ(steepest({}, {}, 10, 1), std::nullopt);
}

TEST(LrFinderTest, PutsEverythingBack) {
  SmallRun plain(3, true), finding(3, true);
  prepare_small(plain);
  const auto optimizer = prepare_small(finding);
  plain.run();
  finding.manager();
  const auto before = finding.weights();
  const LearningRates found = found_by(finding, {{"num_training", whole(30)}});
  EXPECT_EQ(found.rates.size(), found.losses.size());
  EXPECT_TRUE(bit_equal(finding.weights(), before));
  EXPECT_EQ(optimizer->groups().front().options.real("lr"), 0.01);
  EXPECT_EQ(optimizer->execution(), nullptr);
  finding.run();
  EXPECT_TRUE(bit_equal(finding.weights(), plain.weights()));
}

TEST(LrFinderTest, LeavesMomentaBetweenRunsAlone) {
  SmallRun plain(3, true), finding(3, true);
  prepare_small(plain);
  prepare_small(finding);
  plain.run();
  finding.run();
  found_by(finding, {{"num_training", whole(30)}});
  plain.run();
  finding.run();
  EXPECT_TRUE(bit_equal(finding.weights(), plain.weights()));
}

TEST(LrFinderTest, PutsEverythingBackAlsoWhenItIsStopped) {
  SmallRun small(3, true);
  const auto optimizer = prepare_small(small);
  small.manager();
  const auto before = small.weights();
  small.runtime.stop = 2;
  EXPECT_THROW(found_by(small), Stopped);
  small.runtime.stop = 0;
  EXPECT_TRUE(bit_equal(small.weights(), before));
  EXPECT_EQ(optimizer->groups().front().options.real("lr"), 0.01);
}

TEST(LrFinderTest, CountsUpdatesAndNotBatches) {
  SmallRun small;
  prepare_small(small);
  small.set("accumulate_grad_batches", whole(3));
  EXPECT_EQ(found_by(small, {{"num_training", whole(7)}, {"early_stop_threshold", 0.0}}).rates.size(), 7u);
}

TEST(LrFinderTest, RatesMustRise) {
  SmallRun small;
  prepare_small(small);
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       found_by(small, {{"min_lr", 0.5}, {"max_lr", 0.5}});
                     }),
            "manager:lr_find: max_lr must be above min_lr, 0.5, got 0.5");
  EXPECT_EQ(found_by(small, {{"min_lr", 0.5}, {"max_lr", 0.51}, {"num_training", whole(1)}}).rates,
            std::vector<double>{0.5});
}

}  // namespace
}  // namespace orrery
