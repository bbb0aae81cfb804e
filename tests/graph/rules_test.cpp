#include "runtime/graph/rules.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

std::string all_tests() {
  std::string text;
  for (const auto& file : std::filesystem::recursive_directory_iterator(in_source("tests")))
    if (const auto kind = file.path().extension(); kind == ".cpp" || kind == ".lua")
      text += content_of(file.path());
  return text;
}

TEST(RulesTest, AreFoundByNumberAndCodeInAnyCase) {
  const Rule* rule = find_rule("shape-mismatch");
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->number, "O101");
  EXPECT_EQ(find_rule("o101"), rule);
  EXPECT_EQ(find_rule("Shape-Mismatch"), rule);
  EXPECT_EQ(find_rule("O1"), nullptr);
  EXPECT_EQ(find_rule(""), nullptr);
}

TEST(RulesTest, OfOneGroupBeginWithOneDigit) {
  for (const RuleGroup& group : rule_groups()) {
    for (size_t i = 0; i < group.rules.size(); ++i) {
      EXPECT_EQ(group.rules[i].number[1], group.rules[0].number[1]);
      if (i == 0) continue;
      EXPECT_LT(group.rules[i - 1].number, group.rules[i].number);
    }
  }
}

// A rule without a code in its messages is named by its number, in front of the test that breaks it.
TEST(RulesTest, AreEachNamedByATestThatBreaksThem) {
  const std::string text = all_tests();
  for (const RuleGroup& group : rule_groups())
    for (const Rule& rule : group.rules)
      EXPECT_TRUE(text.find(rule.code) != text.npos || text.find(rule.number) != text.npos)
          << rule.number << " " << rule.code;
}

}  // namespace
}  // namespace orrery
