#include "renderers/formats/letters.h"

#include <gtest/gtest.h>

#include "renderers/formats/ascii_text.h"

namespace orrery {
namespace {

TEST(LettersTest, CountsTheColumnsOfATerminal) {
  EXPECT_EQ(columns_of("N×16"), 4);
  EXPECT_EQ(columns_of("深度"), 4);
  EXPECT_EQ(columns_of("😀"), 2);
  EXPECT_EQ(columns_of("e\xCC\x81"), 1);
  EXPECT_EQ(columns_of("שלום"), 4);
  EXPECT_EQ(columns_of(""), 0);
}

TEST(LettersTest, ReadsNumbersOfOneToFourBytes) {
  const auto letters = letters_of("aé…😀");
  ASSERT_EQ(letters.size(), 4u);
  EXPECT_EQ(letters[0].code, U'a');
  EXPECT_EQ(letters[1].code, U'é');
  EXPECT_EQ(letters[2].code, U'…');
  EXPECT_EQ(letters[3].code, U'😀');
}

TEST(LettersTest, CutsNoLetterInHalf) {
  EXPECT_EQ(cut_to_columns("abcd", 4), "abcd");
  EXPECT_EQ(cut_to_columns("abcde", 4), "abc…");
  EXPECT_EQ(cut_to_columns("深度学习", 4), "深…");
}

TEST(AsciiTextTest, WritesWhatLooksAlikeAndMarksTheRest) {
  EXPECT_EQ(ascii_text("N×3 · 2…"), "Nx3 * 2...");
  EXPECT_EQ(ascii_text("σe\xCC\x81"), "?e");
}

TEST(AsciiTextTest, CutsWithThreePoints) {
  EXPECT_EQ(text_that_fits("abcdef", 6, true), "abcdef");
  EXPECT_EQ(text_that_fits("abcdefg", 6, true), "abc...");
  EXPECT_EQ(text_that_fits("abcdefg", 6, false), "abcde…");
}

}  // namespace
}  // namespace orrery
