#include "runtime/engine/data/sampler.h"

#include <numeric>

#include "runtime/core/error.h"
#include "runtime/engine/data/order.h"

namespace orrery {

Sampler::Sampler(std::int64_t length, Order order, std::uint64_t seed)
    : length_(length), order_(order), seed_(seed) {
  invariant(length >= 0, "a set of negative length");
}

std::vector<std::int64_t> Sampler::order(std::int64_t epoch) const {
  if (shuffled()) {
    RandomStream random(seed_, static_cast<std::uint64_t>(epoch));
    return shuffled_order(length_, random);
  }
  std::vector<std::int64_t> indices(static_cast<size_t>(length_));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

}  // namespace orrery
