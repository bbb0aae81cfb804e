#pragma once

#include <string>

#include "renderers/diagram/diagram.h"
#include "renderers/layout/sketch.h"
#include "renderers/styles/theme.h"

namespace orrery::test {

/// The first text of a drawing of boxes that lies over another one, over a line, half in a box or frame, or
/// outside of the page, in words; empty when there is none.
std::string text_faults(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme,
                        TextMeasure& measure);

}  // namespace orrery::test
