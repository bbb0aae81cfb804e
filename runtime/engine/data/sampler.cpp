#include "runtime/engine/data/sampler.h"

#include <numeric>
#include <utility>

#include "runtime/core/error.h"
#include "runtime/engine/data/random_stream.h"

namespace orrery {

Sampler::Sampler(std::int64_t length, Order order, std::uint64_t seed)
    : length_(length), order_(order), seed_(seed) {
  invariant(length >= 0, "a set of negative length");
}

std::vector<std::int64_t> Sampler::order(std::int64_t epoch) const {
  std::vector<std::int64_t> indices(static_cast<size_t>(length_));
  std::iota(indices.begin(), indices.end(), 0);
  if (!shuffled()) return indices;
  RandomStream random(seed_, static_cast<std::uint64_t>(epoch));
  for (size_t left = indices.size(); left > 1; --left)
    std::swap(indices[left - 1], indices[random.below(left)]);
  return indices;
}

}  // namespace orrery
