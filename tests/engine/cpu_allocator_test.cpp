#include "runtime/engine/cpu_allocator.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "runtime/engine/profile/memory_watch.h"

namespace orrery {
namespace {

TEST(CpuAllocatorTest, TensorsLieAtMultiplesOf64AndKeepWhatIsWritten) {
  std::vector<c10::DataPtr> all;
  for (size_t bytes = 1; bytes <= 300; ++bytes) {
    all.push_back(cpu_allocator().allocate(bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(all.back().get()) % 64, 0U) << bytes;
    std::memset(all.back().get(), static_cast<int>(bytes % 251), bytes);
  }
  for (size_t bytes = 1; bytes <= all.size(); ++bytes) {
    const auto* const read = static_cast<const unsigned char*>(all[bytes - 1].get());
    EXPECT_EQ(read[0], bytes % 251);
    EXPECT_EQ(read[bytes - 1], bytes % 251);
  }
}

TEST(CpuAllocatorTest, NothingIsTakenForNothing) {
  const c10::DataPtr none = cpu_allocator().allocate(0);
  EXPECT_EQ(none.get(), nullptr);
  EXPECT_EQ(none.device(), at::Device(at::kCPU));
}

TEST(CpuAllocatorTest, MemoryMayBeTakenRaw) {
  void* const raw = cpu_allocator().raw_allocate(100);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(raw) % 64, 0U);
  cpu_allocator().raw_deallocate(raw);
}

TEST(CpuAllocatorTest, WhatIsHandedOutIsCounted) {
  const CpuMemory before = cpu_memory();
  c10::DataPtr kept = cpu_allocator().allocate(1000);
  cpu_allocator().allocate(50'000'000);
  EXPECT_EQ(cpu_memory().current, before.current + 1000);
  EXPECT_GE(cpu_memory().peak, before.current + 1000 + 50'000'000);
  kept.clear();
  EXPECT_EQ(cpu_memory().current, before.current);
}

TEST(CpuAllocatorTest, TheProfilerIsToldOfAllThatIsTakenAndFreed) {
  MemoryWatch watch;
  watch.begin();
  const c10::DataPtr kept = cpu_allocator().allocate(1000);
  cpu_allocator().allocate(500);
  EXPECT_EQ(watch.take_peak(), 1500);
  watch.end();
  EXPECT_EQ(watch.take_peak(), 1000);
  EXPECT_EQ(watch.take_allocations(), 2);
}

std::string text_of_refusal(c10::Allocator& allocator, size_t bytes) {
  try {
    allocator.allocate(bytes);
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return {};
}

TEST(CpuAllocatorTest, WhatThereIsNotIsRefusedInLibTorchsWords) {
  for (const size_t bytes : {size_t{1} << 60, size_t{std::numeric_limits<std::ptrdiff_t>::max()}}) {
    const std::string text = text_of_refusal(cpu_allocator(), bytes);
    EXPECT_NE(text.find("you tried to allocate " + std::to_string(bytes) + " bytes"), std::string::npos)
        << text;
    EXPECT_EQ(text, text_of_refusal(*c10::GetDefaultCPUAllocator(), bytes));
  }
}

// Something large is left behind each place, so that no two of them become one, and small things take what is
// cut off when memory is aligned.
TEST(CpuAllocatorTest, ThePlaceOfWhatWasFreedIsTakenAgain) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer has a heap of its own";
#endif
  constexpr size_t kGradient = 40'000, kLeft = 60'000, kRounds = 100;  // small enough to lie in the heap
  std::vector<std::unique_ptr<char[]>> left;
  const size_t before = mallinfo2().arena;
  for (size_t round = 0; round < kRounds; ++round) {
    const c10::DataPtr gradient = cpu_allocator().allocate(kGradient);
    left.push_back(std::make_unique<char[]>(kLeft));
    for (size_t small = 24; small < 128; small += 16) left.push_back(std::make_unique<char[]>(small));
  }
  EXPECT_LT(mallinfo2().arena - before, kRounds * (kLeft + 1000) + 10 * kGradient);
}

}  // namespace
}  // namespace orrery
