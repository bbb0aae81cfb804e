#include "runtime/engine/profile/profile_clock.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace orrery {
namespace {

std::int64_t half_a_second() { return 500'000'000; }

TEST(ProfileClockTest, TellsWhatItsSourceTells) {
  const ProfileClock clock(half_a_second);
  EXPECT_FALSE(clock.counts_ticks());
  EXPECT_EQ(clock.now(), 500'000'000);
}

// How long the reading itself waits for the processor is in both, so that only their rates can differ.
TEST(ProfileClockTest, GoesAsFastAsTheSystems) {
  using Steady = std::chrono::steady_clock;
  const ProfileClock clock;
  const auto begin = Steady::now();
  const std::int64_t first = clock.now();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::int64_t least = std::chrono::nanoseconds(Steady::now() - begin).count();
  const std::int64_t elapsed = clock.now() - first;
  const std::int64_t most = std::chrono::nanoseconds(Steady::now() - begin).count();
  EXPECT_LE(elapsed, most + most / 100);
  EXPECT_GE(elapsed, 20'000'000 - 20'000'000 / 100);
  EXPECT_GE(most, least);
}

TEST(ProfileClockTest, AllOfAProcessTellTheSameTime) {
  const ProfileClock one, other;
  const std::int64_t first = one.now(), second = other.now(), third = one.now();
  EXPECT_LE(first, second);
  EXPECT_LE(second, third);
  EXPECT_EQ(one.counts_ticks(), other.counts_ticks());
}

}  // namespace
}  // namespace orrery
