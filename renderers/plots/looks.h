#pragma once

#include "renderers/plots/figure.h"

namespace orrery::plots {

/// How each series of each panel looks, and what the legend tells of it. Series of one name look alike in all
/// panels; names are counted in the order in which they first stand.
struct Looks {
  std::vector<std::vector<Look>> of_series;  ///< by panel
  std::vector<LegendEntry> entries;
};

Looks looks_of(const Figure& figure);

}  // namespace orrery::plots
