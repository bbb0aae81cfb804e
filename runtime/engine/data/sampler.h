#pragma once

#include <cstdint>
#include <vector>

namespace orrery {

/// The order in which an epoch visits the samples of a set. A function of length, seed and epoch alone,
/// so that any epoch can be taken up again in the middle. Value type.
class Sampler {
 public:
  enum class Order { sequential, shuffled };

  Sampler(std::int64_t length, Order order, std::uint64_t seed);

  std::int64_t length() const { return length_; }
  bool shuffled() const { return order_ == Order::shuffled; }
  /// Every sample's index once. Epochs count from 1.
  std::vector<std::int64_t> order(std::int64_t epoch) const;

 private:
  std::int64_t length_;
  Order order_;
  std::uint64_t seed_;
};

}  // namespace orrery
