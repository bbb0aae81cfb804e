#pragma once

#include <memory>

#include "renderers/diagram/diagram.h"
#include "renderers/fonts.h"
#include "renderers/layout/layout.h"
#include "renderers/styles/legend.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// A diagram as boxes with everything in its place, and what stands below.
struct BoxDrawing {
  Diagram diagram;
  layout::Sketch sketch;
  std::unique_ptr<Legend> legend;
  Size size;
};

/// Lays diagrams out as boxes. The theme and the fonts must outlive it and its drawings.
struct BoxDraftsman {
  const Theme& theme;
  Fonts& fonts;
  Legend::Wish wish;

  /// The boxes of a diagram with their sizes, as yet without places.
  layout::Sketch sketch(const Diagram& diagram) const;
  Legend legend(const Diagram& diagram, double width) const;
  /// With frames broken that are longer than the room.
  BoxDrawing drawing(Diagram diagram, layout::Sketch sketch, const layout::Room& room = {}) const;
  /// Of a sketch that is laid out.
  BoxDrawing finished(Diagram diagram, layout::Sketch sketch) const;
};

}  // namespace orrery
