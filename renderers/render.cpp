#include "renderers/render.h"

#include <cmath>

#include "renderers/cairo_painter.h"
#include "renderers/diagram/diagram.h"
#include "renderers/image_format.h"
#include "renderers/layout/layout.h"
#include "renderers/layout_json.h"
#include "renderers/styles/box.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

void check_numbers(const RenderOptions& options) {
  check_dpi(options.dpi);
  check(std::isfinite(options.width_mm) &&
            (options.width_mm == 0 || (options.width_mm >= 5 && options.width_mm <= 5000)),
        Fault::usage, "width_mm must be 5 to 5000, or 0 for the drawing's own width, got {}",
        options.width_mm);
  check(options.depth >= -1, Fault::usage, "depth must be 0 or more, or -1 for all, got {}", options.depth);
}

Diagram diagram_of(const Graph& graph, const RenderOptions& options) {
  check_numbers(options);
  index_among("style", options.style, render_styles());
  return make_diagram(graph, {.depth = options.depth,
                              .expand = options.expand,
                              .collapse = options.collapse,
                              .fold = options.fold,
                              .shapes = options.shapes,
                              .all_shapes = options.all_shapes,
                              .parameters = options.parameters,
                              .direction = direction_from_name(options.direction),
                              .findings = options.findings});
}

Page page_of(const RenderOptions& options, Size drawing) {
  Page page{.format = image_format(options.format)};
  page.size = drawing;
  page.dpi = options.dpi;
  if (options.width_mm > 0) page.scale = options.width_mm * kPointsPerMillimetre / drawing.width;
  return page;
}

}  // namespace

const std::vector<std::string>& render_formats() { return image_formats(); }

const std::vector<std::string>& render_styles() {
  static const std::vector<std::string> styles = {"box"};
  return styles;
}

std::string render(const Graph& graph, const RenderOptions& options) {
  image_format(options.format);
  const Diagram diagram = diagram_of(graph, options);
  const Theme theme;
  Fonts fonts;
  layout::Sketch sketch = sketch_boxes(diagram, theme, fonts);
  layout::lay_out(sketch);
  CairoPainter painter(page_of(options, sketch.boxes[0].size), fonts);
  draw_boxes(diagram, sketch, theme, fonts, painter);
  return painter.finish();
}

std::string layout_json(const Graph& graph, const RenderOptions& options) {
  const Diagram diagram = diagram_of(graph, options);
  Fonts fonts;
  layout::Sketch sketch = sketch_boxes(diagram, Theme(), fonts);
  layout::lay_out(sketch);
  return geometry_json(diagram, sketch);
}

}  // namespace orrery
