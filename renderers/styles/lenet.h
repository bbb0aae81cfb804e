#pragma once

#include "renderers/stages/piece.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// Stacked planes as in LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998):
/// as large as the map is and as many as it has channels (fewer, in proportion, when they are many);
/// slanted bars for features. `zoom` makes shapes smaller, not texts.
std::vector<Piece> lenet_pieces(const Diagram& diagram, const Stages& stages, const Theme& theme,
                                TextMeasure& measure, double zoom);

/// Draws the kernel of each convolution and pooling on the planes that it reads, with two lines to what it
/// makes, in the place of the arrow between neighbours.
void add_kernels(Arranged& arranged, const std::vector<Piece>& pieces, const Stages& stages,
                 const Theme& theme, double zoom);

}  // namespace orrery
