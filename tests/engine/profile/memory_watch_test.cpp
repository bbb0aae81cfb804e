#include "runtime/engine/profile/memory_watch.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(MemoryWatchTest, HoldsTheHighestSumSinceTheReset) {
  MemoryWatch watch;
  const at::Tensor before = at::zeros({1000});
  watch.reset();
  watch.begin();
  at::Tensor a = at::empty({1024});
  at::Tensor b = at::empty({1024});
  a.reset();
  EXPECT_EQ(watch.take_peak(), 2 * 4096);
  EXPECT_EQ(watch.take_peak(), 4096);
  watch.end();
  at::Tensor unseen = at::empty({1024});
  EXPECT_EQ(watch.take_peak(), 4096);
}

TEST(MemoryWatchTest, MemoryFromBeforeCountsNothingWhoeverFreesIt) {
  MemoryWatch watch;
  at::Tensor before = at::empty({1024});
  watch.reset();
  watch.begin();
  before.reset();
  EXPECT_EQ(watch.take_peak(), 0);
  const at::Tensor after = at::empty({512});
  EXPECT_EQ(watch.take_peak(), 2048);
  watch.end();
}

}  // namespace
}  // namespace orrery
