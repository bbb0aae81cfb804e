#pragma once

#include <string>

#include "renderers/stages/picture.h"
#include "renderers/styles/theme.h"

namespace orrery {

struct FeatureMapOptions {
  std::string style;  ///< `lenet` or `volume`
  Direction direction = Direction::east;
  double width = 0;  ///< of the page; 0: as it comes out, in rows of a page's text width
};

/// Draws the stages of a diagram in one of the styles that show feature maps. Shapes are made smaller, and
/// long nets stand in rows, until the drawing fits the page with texts of at least 6 points; fails with an
/// `Error(Fault::usage)` that says what to do when it cannot.
Picture draw_feature_maps(const Diagram& diagram, const Graph& graph, const Theme& theme,
                          TextMeasure& measure, const FeatureMapOptions& options);

}  // namespace orrery
