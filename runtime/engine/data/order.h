#pragma once

#include <cstdint>
#include <vector>

#include "runtime/engine/data/random_stream.h"

namespace orrery {

/// Streams of a seed apart from the epochs', which are numbered from 1.
inline constexpr std::uint64_t kSplitStream = ~std::uint64_t{1};
inline constexpr std::uint64_t kTransformStream = ~std::uint64_t{2};
inline constexpr std::uint64_t kBatchOrderStream = ~std::uint64_t{3};

/// All of 0 … length-1 in a random order, each as likely as any other (Fisher and Yates).
std::vector<std::int64_t> shuffled_order(std::int64_t length, RandomStream& random);

/// Puts a list into a random order.
void shuffle(std::vector<std::int64_t>& list, RandomStream& random);

/// All places of `keys` in a random order in which any run of neighbours has each key about as often as
/// its length and the key's share of the whole ask for: to within one for runs from the start.
std::vector<std::int64_t> stratified_order(const std::vector<std::int64_t>& keys, RandomStream& random);

/// `count` draws with replacement, each place as likely as its weight. REQUIRES: weights ≥ 0, their sum > 0.
std::vector<std::int64_t> weighted_draws(const std::vector<double>& weights, std::int64_t count,
                                         RandomStream& random);

}  // namespace orrery
