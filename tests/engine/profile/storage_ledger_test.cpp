#include "runtime/engine/profile/storage_ledger.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(StorageLedgerTest, CountsEachStorageOnceAndRemembersFreedOnes) {
  StorageLedger ledger;
  at::Tensor x = at::zeros({10});
  EXPECT_EQ(ledger.add(x), 40);
  EXPECT_EQ(ledger.add(x.narrow(0, 2, 3)), 0);
  EXPECT_EQ(ledger.add(x.expand({5, 10})), 0);
  EXPECT_EQ(ledger.add(at::Tensor()), 0);
  // Freed and allocated again, perhaps at the same place: new storages all the same.
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ledger.add(at::zeros({7})), 28);
  ledger.clear();
  EXPECT_EQ(ledger.add(x), 40);
}

TEST(StorageLedgerTest, ExcludedStoragesNeverCount) {
  StorageLedger ledger;
  const at::Tensor weight = at::zeros({4, 2});
  ledger.exclude(weight);
  EXPECT_EQ(ledger.add(weight.t()), 0);
  ledger.clear();
  EXPECT_EQ(ledger.add(weight), 0);
}

}  // namespace
}  // namespace orrery
