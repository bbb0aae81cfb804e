#pragma once

#include <optional>
#include <string>

#include "renderers/stages/picture.h"
#include "renderers/styles/theme.h"
#include "runtime/formats/image.h"

namespace orrery {

struct FeatureMapOptions {
  std::string style;  ///< `lenet` or `volume`
  Direction direction = Direction::east;
  double width = 0;                 ///< of the page; 0: as it comes out, in rows of a page's text width
  double height = 0;                ///< of the page; 0: any
  double least_font = 6;            ///< of a page that is fitted on
  bool rows = true;                 ///< long nets stand in rows or columns there
  bool shapes = true;               ///< sizes of the maps
  bool dtypes = false;              ///< and their dtypes
  bool titles = true;               ///< of open blocks
  std::optional<bool> legend = {};  ///< of the kinds' colours; none: where there are two kinds or more
  const Image* image = nullptr;     ///< for the face of the first input that has height and width
};

/// Draws the stages of a diagram in one of the styles that show feature maps. Shapes are made smaller, and
/// long nets stand in rows, until the drawing fits the page with texts of at least 6 points; fails with an
/// `Error(Fault::usage)` that says what to do when it cannot, and when there is an image but no input for it.
Picture draw_feature_maps(const Diagram& diagram, const Graph& graph, const Theme& theme,
                          TextMeasure& measure, const FeatureMapOptions& options);

/// The same where a page is given in both extents; nothing where the drawing does not fit.
std::optional<Picture> fit_feature_maps(const Diagram& diagram, const Graph& graph, const Theme& theme,
                                        TextMeasure& measure, const FeatureMapOptions& options);

}  // namespace orrery
