#pragma once

#include <cstdint>

namespace orrery {

/// Nanoseconds since some moment. By default those of this machine: counted by the processor's ticks, which
/// takes 10 ns, where the kernel itself keeps its time by them and they go on at one rate; else asked of the
/// kernel, which takes 25. How long a tick is, is measured once in a process, in 1 ms, to about 0.01 %.
class ProfileClock {
 public:
  using Source = std::int64_t (*)();

  ProfileClock();
  /// A clock that somebody else moves. Not explicit: wherever a clock is asked for, a function can be given.
  ProfileClock(Source source) : source_(source) {}

  std::int64_t now() const {
#if defined(__x86_64__)
    if (!source_) return nanoseconds_of(__builtin_ia32_rdtsc());
#endif
    return source_();
  }
  /// Whether it counts ticks.
  bool counts_ticks() const { return !source_; }

 private:
  std::int64_t nanoseconds_of(std::uint64_t ticks) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::int64_t>(static_cast<Wide>(ticks - begin_) * rate_ >> 32);
  }

  Source source_ = nullptr;  ///< null: ticks
  std::uint64_t begin_ = 0;  ///< ticks
  std::uint64_t rate_ = 0;   ///< 2^-32 nanoseconds a tick
};

}  // namespace orrery
