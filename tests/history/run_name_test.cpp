#include "runtime/history/run_name.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "runtime/core/error.h"

namespace orrery {

TEST(RunNameTest, IsTwoWordsAndTheNumber) {
  EXPECT_EQ(make_run_name(0, 12), "agile-badger-12");
  EXPECT_EQ(make_run_name(64, 1), "agile-beaver-1");
}

RC_GTEST_PROP(RunNameTest, EveryMadeNameIsAllowed, (std::uint64_t chance, std::uint32_t number)) {
  check_run_name(make_run_name(chance, number));
}

TEST(RunNameTest, TakesWhatPeopleWrite) {
  for (const char* name : {"a", "resnet18 lr=0.1", "étude", "v1.2_final(3)", "12a", "lasting"}) {
    EXPECT_NO_THROW(check_run_name(name)) << name;
  }
  EXPECT_NO_THROW(check_run_name(std::string(100, 'n')));
}

TEST(RunNameTest, RefusesWhatCannotBeAFolderOrAskForARun) {
  for (const std::string name : {"", "a/b", "..", ".hidden", "-rf", "12", "last", "last~1", "best:loss", " a",
                                 "a ", "a\nb", "\x7f", "caf\xe9"}) {
    EXPECT_THROW(check_run_name(name), Error) << name;
  }
  EXPECT_THROW(check_run_name(std::string("a\0b", 3)), Error);
  EXPECT_THROW(check_run_name(std::string(101, 'n')), Error);
}

}  // namespace orrery
