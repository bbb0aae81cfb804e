#include "runtime/history/text.h"

#include <gtest/gtest.h>

namespace orrery {

TEST(TextTest, PlainTextIsKept) {
  EXPECT_TRUE(is_plain_text("naïve ünïcode ✓ 😀 \n\t'\"\\"));
  EXPECT_EQ(storable_text("naïve ✓ 😀"), "naïve ✓ 😀");
  EXPECT_EQ(storable_text(""), "");
}

TEST(TextTest, BytesThatAreNotUtf8AreEscaped) {
  EXPECT_EQ(storable_text("a\xff"
                          "b"),
            "a\\xffb");
  EXPECT_EQ(storable_text("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(storable_text(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(TextTest, OverlongSurrogateAndTooHighFormsAreNotText) {
  EXPECT_FALSE(is_plain_text("\xc0\x80"));
  EXPECT_FALSE(is_plain_text("\xe0\x80\x80"));
  EXPECT_FALSE(is_plain_text("\xed\xa0\x80"));
  EXPECT_FALSE(is_plain_text("\xf4\x90\x80\x80"));
  EXPECT_FALSE(is_plain_text("\xf0\x80\x80\x80"));
  EXPECT_FALSE(is_plain_text("\xe2\x9c"));
}

TEST(TextTest, BothSidesOfTheHighestCharacterAreToldApart) {
  EXPECT_TRUE(is_plain_text("\xf4\x8f\xbf\xbf"));
  EXPECT_FALSE(is_plain_text("\xf4\x90\x80\x80"));
  EXPECT_TRUE(is_plain_text("\xed\x9f\xbf"));
}

}  // namespace orrery
