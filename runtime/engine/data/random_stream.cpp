#include "runtime/engine/data/random_stream.h"

#include <cmath>
#include <numbers>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;

std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace

// Seed and stream are mixed apart: neighbouring seeds or epochs would else be shifted copies of one stream.
RandomStream::RandomStream(std::uint64_t seed, std::uint64_t stream)
    : state_(mixed(seed + kGolden) ^ mixed(mixed(stream + 2 * kGolden))) {}

std::uint64_t RandomStream::next() {
  state_ += kGolden;
  return mixed(state_);
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  invariant(bound > 0, "a random number below 0 was asked for");
  // Numbers under 2^64 mod bound would make the low remainders likelier.
  const std::uint64_t unfair = (0 - bound) % bound;
  std::uint64_t number = next();
  while (number < unfair) number = next();
  return number % bound;
}

double RandomStream::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double RandomStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace orrery
