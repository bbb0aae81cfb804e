#include "runtime/governors/profile_choice.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(ProfileChoiceTest, LevelsAreWords) {
  EXPECT_EQ(profile_choice("off")->level, ProfileLevel::off);
  EXPECT_EQ(profile_choice("block")->level, ProfileLevel::block);
  EXPECT_EQ(profile_choice("node")->level, ProfileLevel::node);
  EXPECT_EQ(profile_choice("step")->level, ProfileLevel::step);
  EXPECT_EQ(profile_choice("kernel")->level, ProfileLevel::kernel);
}

TEST(ProfileChoiceTest, AWindowHasItsFirstAndItsLastStep) {
  const auto window = profile_choice("step:100-120");
  ASSERT_TRUE(window);
  EXPECT_EQ(window->level, ProfileLevel::step);
  EXPECT_EQ(window->first, 100);
  EXPECT_EQ(window->last, 120);
  EXPECT_EQ(profile_choice("step:7")->first, 7);
  EXPECT_EQ(profile_choice("step:7")->last, 7);
  EXPECT_EQ(profile_choice("step:7-7")->last, 7);
  EXPECT_EQ(profile_choice("step")->first, 1);
  EXPECT_EQ(profile_choice("step")->last, ProfileChoice::kSteps);
}

TEST(ProfileChoiceTest, AWindowHasSoManyStepsAtTheMost) {
  EXPECT_TRUE(profile_choice("step:1-10000"));
  EXPECT_FALSE(profile_choice("step:1-10001"));
}

TEST(ProfileChoiceTest, OtherTextsAreRefused) {
  for (const char* text : {"", "all", "Block", "node:1-2", "step:", "step:0-3", "step:5-4", "step:a-b",
                           "step:1-", "step:-3", "step: 1-2", "step:1-2-3", "step:99999999999999999999"})
    EXPECT_FALSE(profile_choice(text)) << text;
}

}  // namespace
}  // namespace orrery
