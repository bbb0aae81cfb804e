#include <cstdlib>

#include <gtest/gtest.h>
#include <malloc.h>

#include "runtime/engine/engine.h"

// The sanitizer's allocator takes no advice.
#ifndef __SANITIZE_ADDRESS__

namespace orrery {
namespace {

size_t mapped_bytes() { return mallinfo2().hblkhd; }

// Whether a block of memory is mapped for itself, which means that it is unmapped as soon as it is free.
bool is_mapped(size_t bytes) {
  const size_t before = mapped_bytes();
  void* volatile block = std::malloc(bytes);
  const bool mapped = mapped_bytes() > before;
  std::free(block);
  return mapped;
}

TEST(AllocatorAdviceTest, BuffersOfUsualSizesAreTakenFromTheHeap) {
  ASSERT_TRUE(advise_allocator());
  EXPECT_FALSE(is_mapped(kMmapThreshold / 2));
  EXPECT_TRUE(is_mapped(kMmapThreshold + (1 << 20)));
}

TEST(AllocatorAdviceTest, WhatIsFreeIsKeptForTheNextStep) {
  ASSERT_TRUE(advise_allocator());
  void* volatile blocks[] = {std::malloc(kMmapThreshold / 2), std::malloc(kMmapThreshold / 2)};
  const size_t taken = mallinfo2().arena;
  for (void* block : blocks) std::free(block);
  EXPECT_EQ(mallinfo2().arena, taken);
}

}  // namespace
}  // namespace orrery

#endif
