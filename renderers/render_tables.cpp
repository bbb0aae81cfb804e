#include "renderers/render_tables.h"

#include "renderers/image_format.h"
#include "renderers/layout/layout.h"

namespace orrery {

std::string render_tables(const TableDiagram& diagram, const std::string& format, double dpi) {
  check_dpi(dpi);
  Fonts fonts;
  layout::Sketch sketch = sketch_tables(diagram, fonts);
  layout::lay_out(sketch);
  const auto painter =
      painter_on({.format = image_format(format), .size = sketch.boxes[0].size, .dpi = dpi}, fonts);
  draw_tables(diagram, sketch, fonts, *painter);
  return painter->finish();
}

}  // namespace orrery
