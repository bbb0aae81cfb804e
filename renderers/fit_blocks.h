#pragma once

#include <functional>
#include <string>
#include <vector>

#include "renderers/box_drawing.h"
#include "renderers/page_fit.h"

namespace orrery {

/// Makes the diagram in which the blocks of these paths, too, are collapsed, flowing into a direction.
using DiagramMaker = std::function<Diagram(const std::vector<std::string>& shut, Direction)>;

/// What may be chosen for a page.
struct FitChoices {
  std::vector<Direction> directions;  ///< the first goes before the others where they are as good
  std::vector<std::string> expanded;  ///< patterns of blocks that stay open
};

/// The drawing that opens as many blocks as a page has room for with legible text, blocks that lie less deep
/// and need less room first, equal ones together; chains are broken into columns where that helps. The scale
/// is the largest at which these fit. Fails with an `Error(Fault::usage)` where not even all of them
/// collapsed have room. Deterministic.
BoxDrawing fit_blocks(const DiagramMaker& make, const BoxDraftsman& draftsman, const PageWish& page,
                      const FitChoices& choices);

}  // namespace orrery
