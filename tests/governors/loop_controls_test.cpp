#include "runtime/governors/loop_controls.h"

#include <gtest/gtest.h>

#include "runtime/governors/manager.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

AttributeValue whole_number(std::int64_t number) { return number; }

Attributes manager_options_with(const std::vector<Attributes::Entry>& given) {
  return checked_attributes(manager_attributes(), given);
}

std::int64_t limited(AttributeValue limit, std::int64_t batches) {
  const Attributes options = manager_options_with({{"limit_train_batches", std::move(limit)}});
  return limited_batches(options, "limit_train_batches", batches, {"train.lua", 9});
}

std::string refused(const std::vector<Attributes::Entry>& given) {
  return error_of(Fault::usage, [&] { Manager({}, manager_options_with(given), {{"train.lua", 9}, ""}); });
}

TEST(LoopControlsTest, LimitsBelowOneAreSharesAndOthersAreBatches) {
  EXPECT_EQ(limited({}, 7), 7);
  EXPECT_EQ(limited(1.0, 7), 1);
  EXPECT_EQ(limited(7.0, 7), 7);
  EXPECT_EQ(limited(8.0, 7), 7);
  EXPECT_EQ(limited(0.5, 7), 3);
  EXPECT_EQ(limited(0.999, 7), 6);
  EXPECT_EQ(limited(0.125, 8), 1);
}

TEST(LoopControlsTest, ASharesLeastIsOneBatch) {
  EXPECT_EQ(error_of(Fault::usage, [] { limited(0.124, 8); }),
            "train.lua:9: limit_train_batches = 0.124 of 8 batches is less than one batch\n"
            "  Give a larger share, or a whole number of batches.");
  EXPECT_EQ(error_of(Fault::usage, [] { limited(0.5, 1); }),
            "train.lua:9: limit_train_batches = 0.5 of 1 batch is less than one batch\n"
            "  Give a larger share, or a whole number of batches.");
}

TEST(LoopControlsTest, LimitsThatAreNeitherAreRefused) {
  EXPECT_EQ(refused({{"limit_val_batches", 1.5}}),
            "train.lua:9: limit_val_batches must be a share below 1 or a whole number of batches, got 1.5");
  EXPECT_EQ(refused({{"overfit_batches", whole_number(2)}, {"limit_val_batches", whole_number(2)}}),
            "train.lua:9: both overfit_batches and limit_val_batches are given\n"
            "  overfit_batches is the limit of training and of validation.");
  EXPECT_EQ(refused({{"fast_dev_run", true}, {"resume", "last"}}),
            "train.lua:9: both fast_dev_run and resume are given\n"
            "  fast_dev_run tries a script from its beginning: leave one of them out.");
}

TEST(LoopControlsTest, AnIntervalOfValidationsIsAShareOrANumberOfBatches) {
  const auto interval = [](AttributeValue given, std::int64_t batches) {
    return validation_interval(manager_options_with({{"val_check_interval", std::move(given)}}), batches,
                               {"train.lua", 9});
  };
  EXPECT_EQ(interval({}, 7), 0);
  EXPECT_EQ(interval(1.0, 7), 1);
  EXPECT_EQ(interval(7.0, 7), 7);
  EXPECT_EQ(interval(0.5, 7), 3);
  EXPECT_EQ(interval(0.01, 7), 1);
  EXPECT_EQ(error_of(Fault::usage, [&] { interval(8.0, 7); }),
            "train.lua:9: val_check_interval is 8 batches, and an epoch has 7\n"
            "  Leave it out for a validation at the end of each epoch, or say every how many epochs with "
            "validate_every.");
  EXPECT_EQ(refused({{"val_check_interval", 1.5}}),
            "train.lua:9: val_check_interval must be a share below 1 or a whole number of batches, got 1.5");
}

TEST(LoopControlsTest, AFastRunLeavesNothingBehind) {
  Manager::Groups groups;
  for (const ManagerGroup& group : manager_groups()) groups.emplace(group.name, group.attributes);
  groups.erase("swa");
  const Manager fast(
      {}, manager_options_with({{"fast_dev_run", whole_number(3)}, {"epochs", whole_number(9)}}), {}, groups);
  EXPECT_EQ(fast.options().integer("epochs"), 1);
  EXPECT_EQ(fast.options().integer("limit_train_batches"), 3);
  EXPECT_EQ(fast.options().integer("limit_val_batches"), 3);
  EXPECT_EQ(fast.options().integer("num_sanity_val_steps"), 0);
  EXPECT_EQ(fast.options().text("history"), "");
  EXPECT_EQ(fast.group("checkpoint"), nullptr);
  EXPECT_EQ(fast.group("early_stopping"), nullptr);
  EXPECT_NE(fast.group("ema"), nullptr);
}

TEST(LoopControlsTest, TrueAndFalseStandForOneAndNone) {
  EXPECT_EQ(manager_options_with({{"fast_dev_run", true}}).integer("fast_dev_run"), 1);
  EXPECT_EQ(manager_options_with({{"fast_dev_run", false}}).integer("fast_dev_run"), 0);
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       manager_options_with({{"epochs", true}});
                     }),
            "epochs must be an integer ≥ 1, got true");
}

}  // namespace
}  // namespace orrery
