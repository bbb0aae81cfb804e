#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace orrery {

/// How well two things fit, by their places in two rows; 0 or less: not at all.
using Fit = std::function<double(int, int)>;

/// The pairs of two rows that fit best in sum, in their order: no two pairs cross (Needleman and Wunsch,
/// 1970). Time and memory grow with the product of the sizes; nothing comes back where that is above
/// `kMostCells`.
std::vector<std::pair<int, int>> aligned(int before, int after, const Fit& fit);

inline constexpr long long kMostCells = 4'000'000;

}  // namespace orrery
