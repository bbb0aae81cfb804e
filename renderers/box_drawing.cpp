#include "renderers/box_drawing.h"

#include <algorithm>

#include "renderers/styles/box.h"

namespace orrery {
namespace {

constexpr double kLeastLegend = 240;  // in points: a narrow drawing needs no narrow legend

}  // namespace

layout::Sketch BoxDraftsman::sketch(const Diagram& diagram) const {
  return sketch_boxes(diagram, theme, fonts);
}

Legend BoxDraftsman::legend(const Diagram& diagram, double width) const {
  return {diagram, theme, fonts, wish, std::max(width, kLeastLegend)};
}

BoxDrawing BoxDraftsman::drawing(Diagram diagram, layout::Sketch sketch, const layout::Room& room) const {
  layout::lay_out(sketch, room);
  return finished(std::move(diagram), std::move(sketch));
}

BoxDrawing BoxDraftsman::finished(Diagram diagram, layout::Sketch sketch) const {
  BoxDrawing result{.diagram = std::move(diagram), .sketch = std::move(sketch)};
  const Size size = result.sketch.boxes[0].size;
  result.legend =
      std::make_unique<Legend>(result.diagram, theme, fonts, wish, std::max(size.width, kLeastLegend));
  result.size = {std::max(size.width, result.legend->size().width),
                 size.height + result.legend->size().height};
  return result;
}

}  // namespace orrery
