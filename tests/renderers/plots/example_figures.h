#pragma once

#include <string>

#include "renderers/plots/plot.h"

namespace orrery::plots::test {

/// `count` numbers of a loss that falls and wavers; each `nth` wavers otherwise.
std::vector<double> falling(int count, int nth = 0);
/// 1, 2, 3, …
std::vector<double> epochs(size_t count);
Series series(std::string name, std::vector<double> y);

/// Loss and accuracy under each other, in training and validation.
Figure two_panels();
/// Three curves with bands on a logarithmic axis.
Figure bands();
/// A smoothed curve over its numbers, with a gap and a point by itself.
Figure smoothed_with_gaps();
/// Seven curves in the whole panel: no room for a legend inside.
Figure crowded();

}  // namespace orrery::plots::test
