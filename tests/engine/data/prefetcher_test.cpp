#include "runtime/engine/data/prefetcher.h"

#include <atomic>
#include <chrono>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

Prefetcher::Batch numbered_batch(std::int64_t value) { return {at::full({1}, value, at::kLong)}; }

std::int64_t value_of(const Prefetcher::Batch& batch) { return batch.at(0).item<std::int64_t>(); }

TEST(PrefetcherTest, BatchesComeInOrderWhateverTheWorkersDo) {
  Prefetcher ahead(
      [](std::int64_t i) {
        std::this_thread::sleep_for(std::chrono::microseconds((i * 7919) % 300));
        return numbered_batch(i);
      },
      3, 60, 4, 8);
  for (std::int64_t i = 3; i < 60; ++i) EXPECT_EQ(value_of(ahead.take()), i);
}

TEST(PrefetcherTest, NoMoreThanTheBoundIsMadeAhead) {
  std::atomic<std::int64_t> begun = 0, taken = 0, most = 0;
  Prefetcher ahead(
      [&](std::int64_t i) {
        const std::int64_t now = ++begun - taken;
        for (std::int64_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        return numbered_batch(i);
      },
      0, 100, 3, 5);
  for (std::int64_t i = 0; i < 100; ++i) {
    ahead.take();
    ++taken;
  }
  // One may be taken and not yet counted.
  EXPECT_LE(most, 6);
}

TEST(PrefetcherTest, AFailureComesOutInItsPlaceAndTheNextGoesOn) {
  Prefetcher ahead(
      [](std::int64_t i) {
        if (i == 2) fail(Fault::input_file, "sample 2 is bad");
        return numbered_batch(i);
      },
      0, 5, 2, 3);
  EXPECT_EQ(value_of(ahead.take()), 0);
  EXPECT_EQ(value_of(ahead.take()), 1);
  EXPECT_EQ(error_of(Fault::input_file, [&] { ahead.take(); }), "sample 2 is bad");
  EXPECT_EQ(value_of(ahead.take()), 3);
}

TEST(PrefetcherTest, CanBeLeftAtAnyTime) {
  for (std::int64_t left = 0; left < 6; ++left) {
    std::atomic<std::int64_t> begun = 0, made = 0;
    {
      const auto make = [&](std::int64_t i) {
        ++begun;
        Prefetcher::Batch batch = numbered_batch(i);
        ++made;
        return batch;
      };
      Prefetcher ahead(make, 0, 50, 3, 4);
      for (std::int64_t i = 0; i < left; ++i) EXPECT_EQ(value_of(ahead.take()), i);
    }
    EXPECT_EQ(made, begun) << "a batch was still being made";
    EXPECT_GE(made, left);
    EXPECT_LE(made, left + 4);
  }
}

}  // namespace
}  // namespace orrery
