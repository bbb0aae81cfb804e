#include "runtime/core/pattern.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(PatternTest, StarsStandForAnyCharactersAndQuestionMarksForOne) {
  EXPECT_TRUE(fits_pattern("features.conv1.weight", "features.*"));
  EXPECT_TRUE(fits_pattern("features.conv1.weight", "*.weight"));
  EXPECT_TRUE(fits_pattern("features.conv1.weight", "f*conv?.w*t"));
  EXPECT_TRUE(fits_pattern("aab", "*ab"));
  EXPECT_TRUE(fits_pattern("", "*"));
  EXPECT_TRUE(fits_pattern("", ""));
  EXPECT_TRUE(fits_pattern("a", "a**"));
  EXPECT_FALSE(fits_pattern("features.conv1.weight", "features"));
  EXPECT_FALSE(fits_pattern("features", "features.*"));
  EXPECT_FALSE(fits_pattern("a", ""));
  EXPECT_FALSE(fits_pattern("ab", "a?b"));
  EXPECT_FALSE(fits_pattern("abc", "*b"));
}

}  // namespace
}  // namespace orrery
