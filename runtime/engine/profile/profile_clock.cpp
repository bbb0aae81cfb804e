#include "runtime/engine/profile/profile_clock.h"

#include <chrono>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace orrery {
namespace {

std::int64_t steady_nanoseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

struct Ticks {
  std::uint64_t begin = 0, rate = 0;  ///< a rate of 0: they are not to be trusted
};

#if defined(__x86_64__)

// Whether they go on at one rate in all states of the processor, and alike on all cores: the latter the
// kernel has found out where it keeps its own time by them.
bool are_trusted() {
  constexpr unsigned kPowerManagement = 0x80000007, kInvariant = 1u << 8;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(kPowerManagement, &a, &b, &c, &d) || (d & kInvariant) == 0) return false;
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string source;
  return std::getline(file, source) && source == "tsc";
}

struct Moment {
  std::uint64_t ticks;
  std::int64_t nanoseconds;
};

// Both clocks at once: of several readings the one in which the least time passed between them.
Moment this_moment() {
  Moment best{};
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (int reading = 0; reading < 8; ++reading) {
    const std::uint64_t before = __builtin_ia32_rdtsc();
    const std::int64_t now = steady_nanoseconds();
    const std::uint64_t between = __builtin_ia32_rdtsc() - before;
    if (between >= least) continue;
    least = between;
    best = {before + between / 2, now};
  }
  return best;
}

Ticks measured_ticks() {
  if (!are_trusted()) return {};
  const Moment first = this_moment();
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const Moment last = this_moment();
  if (last.ticks <= first.ticks || last.nanoseconds <= first.nanoseconds) return {};
  const double a_tick = static_cast<double>(last.nanoseconds - first.nanoseconds) /
                        static_cast<double>(last.ticks - first.ticks);
  return {first.ticks, static_cast<std::uint64_t>(a_tick * 4294967296.0)};
}

#else

Ticks measured_ticks() { return {}; }

#endif

}  // namespace

ProfileClock::ProfileClock() {
  static const Ticks kTicks = measured_ticks();
  begin_ = kTicks.begin;
  rate_ = kTicks.rate;
  if (rate_ == 0) source_ = steady_nanoseconds;
}

}  // namespace orrery
