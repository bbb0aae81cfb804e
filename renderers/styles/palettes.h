#pragma once

#include "renderers/styles/theme.h"

namespace orrery {

// The colours of the themes that there are. Each sets all of them, so that one may follow another.

void paint_light(Theme& theme);
void paint_dark(Theme& theme);
void paint_paper(Theme& theme);
void paint_colour_blind(Theme& theme);

}  // namespace orrery
