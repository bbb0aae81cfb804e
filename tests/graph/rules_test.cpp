#include "runtime/graph/rules.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

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

}  // namespace
}  // namespace orrery
