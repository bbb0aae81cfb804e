#pragma once

#include <cstdint>

namespace orrery {

/// Random numbers for everything about data (order, random sets), apart from LibTorch's generators so
/// that drawing them moves no dropout mask and no initial weight. SplitMix64: G. Steele, D. Lea,
/// C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. The same numbers on every
/// machine and in every release of LibTorch. Value type.
class RandomStream {
 public:
  /// Streams of different (seed, stream) are independent; the stream tells uses of one seed apart, such
  /// as epochs.
  RandomStream(std::uint64_t seed, std::uint64_t stream);

  std::uint64_t next();
  /// Uniform over 0 … bound-1, without bias. REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform over [0, 1), a multiple of 2^-53.
  double uniform();
  /// Mean 0, deviation 1 (Box and Muller, 1958).
  double normal();

 private:
  std::uint64_t state_;
};

}  // namespace orrery
