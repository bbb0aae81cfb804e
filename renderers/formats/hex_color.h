#pragma once

#include <string>

#include "renderers/painter.h"

namespace orrery {

/// `#1B9E77`.
std::string hex_color(const Color& color);

}  // namespace orrery
