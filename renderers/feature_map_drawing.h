#pragma once

#include <functional>
#include <memory>

#include "renderers/page_fit.h"
#include "renderers/render.h"
#include "renderers/stages/picture.h"
#include "renderers/styles/legend.h"

namespace orrery {

/// A figure of feature maps with what stands under it.
struct FeatureMapDrawing {
  Picture picture;
  std::unique_ptr<Legend> legend;
  Size size;
};

/// Draws in the style `lenet` or `volume`. `diagram_at` gives the diagram with blocks folded that lie inside
/// so many others; on a page it is asked for less and less until there is room. Fails with an
/// `Error(Fault::usage)` where there is none, and on an image that no input can show.
FeatureMapDrawing feature_map_drawing(const Graph& graph, const RenderOptions& options, Direction direction,
                                      const std::optional<PageWish>& page,
                                      const std::function<Diagram(int depth)>& diagram_at, const Theme& theme,
                                      TextMeasure& measure);

}  // namespace orrery
