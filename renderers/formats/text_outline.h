#pragma once

#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"
#include "renderers/formats/text_sketch.h"

namespace orrery {

/// A diagram as an indented list, in the order of construction: a row for each box with what stands on it and
/// the shape of its result, and behind an arrow the boxes that it reads, unless that is the one before alone.
std::string text_outline(const Diagram& diagram, const Theme& theme, const TextSketchOptions& options);

}  // namespace orrery
