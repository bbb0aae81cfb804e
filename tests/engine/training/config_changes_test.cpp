#include "runtime/engine/training/config_changes.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(ConfigChangesTest, NameWhatIsDifferentAndNothingElse) {
  EXPECT_EQ(config_changes(R"({"batch":64,"lr":0.1})", R"({"batch":64,"lr":0.2})"), "lr = 0.1 then, 0.2 now");
  EXPECT_EQ(config_changes(R"({"name":"a","old":1})", R"({"name":"b","new":[1,2]})"),
            R"(name = "a" then, "b" now; old = 1 then; new = [1,2] now)");
}

TEST(ConfigChangesTest, OfOtherTextsAreTheTexts) {
  EXPECT_EQ(config_changes("", R"({"lr":1})"), R"('' then, '{"lr":1}' now)");
  EXPECT_EQ(config_changes(R"({"lr":1})", R"({"lr":)"), R"('{"lr":1}' then, '{"lr":' now)");
  EXPECT_EQ(config_changes("[1]", "[2]"), "'[1]' then, '[2]' now");
}

}  // namespace
}  // namespace orrery
