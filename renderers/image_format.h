#pragma once

#include <string>
#include <vector>

#include "renderers/cairo_painter.h"

namespace orrery {

inline constexpr double kPointsPerMillimetre = 72 / 25.4;

/// `pdf`, `svg`, `png`: in the order of `ImageFormat`.
const std::vector<std::string>& image_formats();

/// Fails with an `Error(Fault::usage)` that names the formats when there is no such one.
ImageFormat image_format(const std::string& name);

/// Where `name` lies among `known`. Fails with an `Error(Fault::usage)` that tells what `what` may be.
size_t index_among(const std::string& what, const std::string& name, const std::vector<std::string>& known);

/// Fails with an `Error(Fault::usage)` unless it is 1 to 2400.
void check_dpi(double dpi);

}  // namespace orrery
