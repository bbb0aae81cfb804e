#include "renderers/diagram/plain_text.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(PlainTextTest, LeavesMarkupAndBracketsAsTheyAre) {
  EXPECT_EQ(plain_text("<script>&amp; (a) \\ \"b\""), "<script>&amp; (a) \\ \"b\"");
}

TEST(PlainTextTest, LeavesOtherScriptsAndEmojiAsTheyAre) { EXPECT_EQ(plain_text("שלום 😀 é"), "שלום 😀 é"); }

TEST(PlainTextTest, MakesBlanksOfLineBreaksAndTabs) {
  EXPECT_EQ(plain_text("a\nb\r\tc\xE2\x80\xA8"
                       "d"),
            "a b  c d");
}

TEST(PlainTextTest, DropsControlCharactersAndMarksOfDirection) {
  EXPECT_EQ(plain_text(std::string("a\0\x1b\x7f"
                                   "b",
                                   5)),
            "ab");
  EXPECT_EQ(plain_text("a\xC2\x85\xE2\x80\xAE\xE2\x81\xA6\xEF\xBB\xBF"
                       "b"),
            "ab");
}

TEST(PlainTextTest, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(plain_text("a\xFF"
                       "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(plain_text("\xC3"), "\xEF\xBF\xBD");
  EXPECT_EQ(plain_text("\xC0\x80").substr(0, 3), "\xEF\xBF\xBD");
  EXPECT_EQ(plain_text("\xED\xA0\x80"), "\xEF\xBF\xBD");
}

TEST(PlainTextTest, EndsALongTextWithAnEllipsis) {
  EXPECT_EQ(plain_text("abcde", 5), "abcde");
  EXPECT_EQ(plain_text("abcdef", 5), "abcd…");
  EXPECT_EQ(plain_text("ééééé", 4), "ééé…");
  EXPECT_EQ(plain_text(std::string(10000, 'x')).size(), 47 + 3u);
}

}  // namespace
}  // namespace orrery
