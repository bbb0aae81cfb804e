#include "runtime/history/profile_ledger.h"

#include <limits>

#include <gtest/gtest.h>

namespace orrery {

TEST(ProfileLedgerTest, ASteadyQuantityIsStoredOnceAndOnChange) {
  ProfileLedger ledger;
  BlockProfileRecord row{"a", Quantity::tmu_bytes, 10, 8, 8, 8, 80};
  EXPECT_TRUE(ledger.add(row));
  EXPECT_FALSE(ledger.add(row));
  row.max = 9;
  EXPECT_TRUE(ledger.add(row));
  EXPECT_FALSE(ledger.add(row));
  row.path = "b";
  EXPECT_TRUE(ledger.add(row));
}

TEST(ProfileLedgerTest, TimesAreStoredEachTime) {
  ProfileLedger ledger;
  const BlockProfileRecord row{"a", Quantity::forward_seconds, 10, 1, 1, 1, 10};
  EXPECT_TRUE(ledger.add(row));
  EXPECT_TRUE(ledger.add(row));
}

TEST(ProfileLedgerTest, TotalsHoldEveryRowAlsoThoseNotStored) {
  ProfileLedger ledger;
  ledger.add({"a", Quantity::flops, 10, 2, 4, 3, 30});
  ledger.add({"a", Quantity::flops, 10, 2, 4, 3, 30});
  ledger.add({"a", Quantity::flops, 20, 1, 5, 4, 80});
  ASSERT_EQ(ledger.changed().size(), 1u);
  const BlockProfileRecord total = ledger.changed()[0];
  EXPECT_EQ(total.count, 40);
  EXPECT_EQ(total.min, 1);
  EXPECT_EQ(total.max, 5);
  EXPECT_EQ(total.sum, 140);
  EXPECT_EQ(total.mean, 3.5);
  ledger.settle();
  EXPECT_TRUE(ledger.changed().empty());
}

TEST(ProfileLedgerTest, RowsWithoutStepsOrWithUnsoundNumbersAreTold) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(is_sound({"a", Quantity::flops, 1, 0, 0, 0, 0}));
  EXPECT_FALSE(is_sound({"a", Quantity::flops, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(is_sound({"a", Quantity::flops, 1, 2, 1, 1, 1}));
  EXPECT_FALSE(is_sound({"a", Quantity::flops, 1, nan, 1, 1, 1}));
  EXPECT_FALSE(is_sound({"a", Quantity::flops, 1, 0, 1, 1, std::numeric_limits<double>::infinity()}));
}

}  // namespace orrery
