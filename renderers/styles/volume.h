#pragma once

#include "renderers/stages/piece.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// Which stages stand close together: none; those whose value only the next one reads; those, too, whose
/// value a skip takes further.
enum class Touching { none, alone, under_skips };

/// The stages in groups of those that touch, in the order of their first.
std::vector<std::vector<int>> touching_stages(const Stages& stages, Touching touching);

/// Has a map that is drawn as a solid.
bool is_solid(const Stage& stage);

/// Solids as in the figures of VGG and U-Net: as thick as the channels are many, as high and deep as the map
/// is; convolutions of one size touch each other, bands at their ends are what is done to the result. `zoom`
/// makes shapes smaller, not texts. `edges`: sizes stand at the solids' edges.
std::vector<Piece> volume_pieces(const Diagram& diagram, const Stages& stages, const Theme& theme,
                                 TextMeasure& measure, double zoom, Touching touching, bool edges);

}  // namespace orrery
