#pragma once

#include <vector>

#include "runtime/graph/attributes.h"

namespace orrery {

/// How a tensor becomes an image in a file: the options of torchvision.utils.save_image (0.26) with their
/// defaults, and `mean` and `std`, by which the tensor had been normalized, and the `quality` of a JPEG.
const std::vector<Attribute>& image_attributes();

}  // namespace orrery
