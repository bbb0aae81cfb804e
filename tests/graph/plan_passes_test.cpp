#include "runtime/graph/plan_passes.h"

#include <set>

#include <gtest/gtest.h>

namespace orrery {
namespace {

Attributes skipping(const char* words) {
  static const std::vector<Attribute> kSchema = {{.name = "skip_passes",
                                                  .type = AttributeType::text,
                                                  .doc = "",
                                                  .choices = plan_pass_names(),
                                                  .several = true}};
  return checked_attributes(kSchema, words ? std::vector<Attributes::Entry>{{"skip_passes", words}}
                                           : std::vector<Attributes::Entry>());
}

TEST(PlanPassesTest, AllAreMadeUnlessTheyAreLeftOutByName) {
  const PassSet all = PassSet::of(skipping(nullptr)), none = PassSet::of(skipping("")),
                some = PassSet::of(skipping("dead_nodes, lowering"));
  for (const PlanPassInfo& info : plan_passes()) {
    EXPECT_TRUE(all.has(info.pass)) << info.name;
    EXPECT_TRUE(none.has(info.pass)) << info.name;
    EXPECT_EQ(some.has(info.pass), info.pass != PlanPass::dead_nodes && info.pass != PlanPass::lowering);
  }
  EXPECT_EQ(some, PassSet().without(PlanPass::lowering).without(PlanPass::dead_nodes));
}

TEST(PlanPassesTest, EachHasANameAndALine) {
  std::set<std::string> names;
  for (const PlanPassInfo& info : plan_passes()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_STREQ(name(info.pass), info.name);
    EXPECT_NE(std::string(info.doc), "");
  }
}

}  // namespace
}  // namespace orrery
