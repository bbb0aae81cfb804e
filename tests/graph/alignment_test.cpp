#include "runtime/graph/alignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::pair<int, int>> aligned_words(const std::string& a, const std::string& b) {
  return aligned(static_cast<int>(a.size()), static_cast<int>(b.size()), [&](int i, int j) {
    return a[static_cast<size_t>(i)] == b[static_cast<size_t>(j)] ? 1.0 : 0.0;
  });
}

TEST(AlignmentTest, LeavesOutWhatOneRowAloneHas) {
  EXPECT_THAT(aligned_words("ace", "abcde"), ElementsAre(std::pair(0, 0), std::pair(1, 2), std::pair(2, 4)));
  EXPECT_THAT(aligned_words("abcde", "ace"), ElementsAre(std::pair(0, 0), std::pair(2, 1), std::pair(4, 2)));
}

TEST(AlignmentTest, PairsNothingThatDoesNotFit) {
  EXPECT_THAT(aligned_words("abc", "xyz"), IsEmpty());
  EXPECT_THAT(aligned_words("", "xyz"), IsEmpty());
}

TEST(AlignmentTest, PairsDoNotCross) { EXPECT_EQ(aligned_words("ab", "ba").size(), 1u); }

TEST(AlignmentTest, TakesTheBestSumRatherThanTheFirstThatFits) {
  const auto fit = [](int i, int j) { return i == 0 && j == 1 ? 1.0 : i == j ? 0.4 : 0.0; };
  EXPECT_THAT(aligned(2, 2, fit), ElementsAre(std::pair(0, 1)));
}

TEST(AlignmentTest, LeavesRowsAloneThatAreTooLong) {
  const auto always = [](int, int) { return 1.0; };
  EXPECT_EQ(aligned(1999, 1999, always).size(), 1999u);
  EXPECT_THAT(aligned(2000, 2000, always), IsEmpty());
}

}  // namespace
}  // namespace orrery
