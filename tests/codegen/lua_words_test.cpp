#include "runtime/codegen/lua_words.h"

#include <cmath>

#include <gtest/gtest.h>

namespace orrery {
namespace {

std::string value_text(const Attribute& attribute, const AttributeValue& value) {
  return lua_value(attribute, value, [](const Dim& dim) { return dim.str(); });
}

TEST(LuaWordsTest, KeywordsAreNoNames) {
  EXPECT_TRUE(is_lua_name("conv1"));
  EXPECT_FALSE(is_lua_name("end"));
  EXPECT_FALSE(is_lua_name("goto"));
  EXPECT_FALSE(is_lua_name("1x"));
  EXPECT_FALSE(is_lua_name(""));
  EXPECT_FALSE(is_lua_name("é"));
}

TEST(LuaWordsTest, WhatIsNoNameBecomesTheNearest) {
  EXPECT_EQ(lua_name("end"), "end_");
  EXPECT_EQ(lua_name("a-b"), "a_b");
  EXPECT_EQ(lua_name("0"), "_0");
  EXPECT_EQ(lua_name(""), "x");
}

TEST(LuaWordsTest, TextsEscapeWhatLuaWouldReadOtherwise) {
  EXPECT_EQ(lua_text("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(lua_text("a\nb"), R"("a\nb")");
  EXPECT_EQ(lua_text(std::string("a\0001", 3)), R"("a\0001")");
  EXPECT_EQ(lua_text("é"), "\"é\"");
}

TEST(LuaWordsTest, ACommentEndsWithItsLine) { EXPECT_EQ(lua_comment("[[a\nb]]"), "-- [[a b]]"); }

TEST(LuaWordsTest, NumbersAreAsShortAsTheyCanBe) {
  EXPECT_EQ(lua_number(0.1), "0.1");
  EXPECT_EQ(lua_number(1e-5), "1e-05");
  EXPECT_EQ(lua_number(HUGE_VAL), "math.huge");
  EXPECT_EQ(lua_number(-HUGE_VAL), "-math.huge");
  EXPECT_EQ(lua_number(std::nan("")), "(0 / 0)");
}

TEST(LuaWordsTest, EqualSizesAreOneNumber) {
  const Attribute sizes{.name = "stride", .type = AttributeType::sizes, .count = 2};
  EXPECT_EQ(value_text(sizes, std::vector<std::int64_t>{3, 3}), "3");
  EXPECT_EQ(value_text(sizes, std::vector<std::int64_t>{3, 4}), "{ 3, 4 }");
  const Attribute dims{.name = "dim", .type = AttributeType::integers};
  EXPECT_EQ(value_text(dims, std::vector<std::int64_t>{1}), "1");
  EXPECT_EQ(value_text(dims, std::vector<std::int64_t>{1, 1}), "{ 1, 1 }");
  EXPECT_EQ(value_text(dims, std::vector<std::int64_t>{}), "{}");
}

TEST(LuaWordsTest, MembersOfOtherNamesStandInBrackets) {
  EXPECT_EQ(lua_member("weight"), ".weight");
  EXPECT_EQ(lua_member("end"), "[\"end\"]");
  EXPECT_EQ(lua_key("a b"), "[\"a b\"]");
}

TEST(LuaWordsTest, IntegersAreExactUpToThoseOfDoubles) {
  const std::int64_t largest = std::int64_t{1} << 53;
  EXPECT_TRUE(is_exact_in_lua(largest));
  EXPECT_FALSE(is_exact_in_lua(largest + 1));
  EXPECT_FALSE(is_exact_in_lua(std::vector<std::int64_t>{1, -largest - 1}));
  EXPECT_FALSE(is_exact_in_lua(Shape{Dim(largest + 1)}));
}

TEST(LuaWordsTest, ANameIsGivenOnce) {
  LuaNames names({"g"});
  EXPECT_EQ(names.add("g"), "g_2");
  EXPECT_EQ(names.add("x"), "x");
  EXPECT_EQ(names.add("x"), "x_2");
}

}  // namespace
}  // namespace orrery
