#pragma once

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// Random choices with a fixed seed, the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(between(0, static_cast<std::int64_t>(from.size()) - 1))];
  }

 private:
  std::mt19937 engine_;
};

/// A call of an operation that may or may not fit together.
struct RandomCase {
  Attributes attributes;
  /// Nothing for a port without a value.
  std::vector<std::optional<TensorType>> inputs;
};

/// A random call. Sizes are small so that about half of the calls fit; options are drawn within their
/// described bounds. Nothing when the options contradict each other.
std::optional<RandomCase> random_case(const Descriptor& descriptor, Dice& dice);

}  // namespace orrery
