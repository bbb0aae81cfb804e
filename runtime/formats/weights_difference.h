#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/formats/weights_file.h"

namespace orrery {

/// How a tensor of one file and that of the same name in another differ.
struct WeightDifference {
  enum class How {
    same,    ///< bit for bit, or all values equal
    values,  ///< of one shape, some values differ
    shape,
    first_only,
    second_only,
  };
  std::string name;
  How how = How::same;
  const WeightTensor* first = nullptr;
  const WeightTensor* second = nullptr;
  /// Of |a − b| over all elements, where shapes are the same and both can be told as numbers; equal
  /// infinities and two NaN count as no difference, one NaN as an infinite one.
  std::optional<double> largest, mean;
  std::size_t differing = 0;  ///< elements
};

/// Compares two files name by name: those of the first in its order, then those that only the second has. Two
/// tensors at a time are held in memory. Element types may differ; values are compared.
std::vector<WeightDifference> compare_weights(const WeightsFile& first, const WeightsFile& second);

}  // namespace orrery
