#pragma once

#include <memory>

#include "renderers/painter.h"
#include "renderers/stages/feature_map.h"
#include "runtime/formats/image.h"

namespace orrery {

/// The middle of an image of three channels, as wide to its height as a map of two extents is; grey where the
/// map has one channel. At most 160 dots a side: it stands small on a page.
std::shared_ptr<const Raster> face_image(const Image& image, const FeatureMap& map);

}  // namespace orrery
