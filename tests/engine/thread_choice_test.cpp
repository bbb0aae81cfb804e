#include "runtime/engine/thread_choice.h"

#include <gtest/gtest.h>

#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

TEST(ThreadChoiceTest, QuotaOfTheControlGroupLimitsTheCores) {
  const TemporaryFolder folder;
  const int all = allowed_cores(folder / "missing");
  EXPECT_GE(all, 1);
  EXPECT_EQ(allowed_cores(folder.put("max", "max 100000\n")), all);
  EXPECT_EQ(allowed_cores(folder.put("half", "50000 100000\n")), 1);
  EXPECT_EQ(allowed_cores(folder.put("many", "100000000 100000\n")), all);
  EXPECT_EQ(allowed_cores(folder.put("odd", "nonsense")), all);
}

}  // namespace
}  // namespace orrery
