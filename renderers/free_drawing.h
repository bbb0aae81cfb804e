#pragma once

#include "renderers/box_drawing.h"

namespace orrery {

/// The drawing of a diagram that no page holds. One that would be longer than two pages and several times as
/// long as it is broad is broken into columns (rows where it flows sideways) where one line goes on: about as
/// many as make it as broad as it is long. Any other, and every one where `wrap` is not set, is as it comes.
BoxDrawing free_drawing(const BoxDraftsman& draftsman, Diagram diagram, bool wrap);

}  // namespace orrery
