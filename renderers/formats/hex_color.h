#pragma once

#include <string>

#include "renderers/painter.h"

namespace orrery {

/// `#1b9e77`.
std::string hex_color(const Color& color);

}  // namespace orrery
