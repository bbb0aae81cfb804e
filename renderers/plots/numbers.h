#pragma once

#include <string>
#include <vector>

#include "renderers/plots/figure.h"

namespace orrery::plots {

/// A multiple of a step: `count` × `digit` × 10^`power`, exact where a product of decimals is not.
struct Multiple {
  long long count = 0;
  int digit = 1, power = 0;

  double value() const;
};

/// The labels of an axis' ticks, all alike: as many decimals as the step needs, one prefix or power of ten.
std::vector<std::string> number_labels(const std::vector<Multiple>& values, Numbers numbers);

/// `10⁻³`
std::string power_of_ten(int power);

}  // namespace orrery::plots
