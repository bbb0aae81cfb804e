#include "renderers/render.h"

#include <cmath>
#include <memory>

#include "renderers/cairo_painter.h"
#include "renderers/diagram/diagram.h"
#include "renderers/formats/dot.h"
#include "renderers/formats/format.h"
#include "renderers/formats/mermaid.h"
#include "renderers/formats/text_sketch.h"
#include "renderers/formats/tikz_painter.h"
#include "renderers/layout/layout.h"
#include "renderers/layout_json.h"
#include "renderers/page_fit.h"
#include "renderers/styles/box.h"
#include "renderers/styles/feature_maps.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

void check_options(const RenderOptions& options) {
  index_among("style", options.style, render_styles());
  check_dpi(options.dpi);
  check(std::isfinite(options.width_mm) &&
            (options.width_mm == 0 || (options.width_mm >= 5 && options.width_mm <= 5000)),
        Fault::usage, "width_mm must be 5 to 5000, or 0 for the drawing's own width, got {}",
        options.width_mm);
  check(options.columns >= 20 && options.columns <= 10000, Fault::usage,
        "columns must be 20 to 10000, got {}", options.columns);
  check(options.depth >= -1, Fault::usage, "depth must be 0 or more, or -1 for all, got {}", options.depth);
}

bool draws_feature_maps(const RenderOptions& options) { return options.style != "box"; }

std::string direction_of(const RenderOptions& options) {
  if (!options.direction.empty()) return options.direction;
  return draws_feature_maps(options) ? "east" : "south";
}

Diagram diagram_of(const Graph& graph, const RenderOptions& options) {
  check_numbers(options);
  index_of("style", options.style, render_styles());
  return make_diagram(graph, {.depth = options.depth,
                              .shapes = options.shapes,
                              .all_shapes = options.all_shapes,
                              .parameters = options.parameters,
                              .direction = direction_from_name(direction_of(options)),
                              .findings = options.findings});
}

Page page_of(const RenderOptions& options, Size drawing) {
  Page page{.format = static_cast<ImageFormat>(index_of("format", options.format, render_formats()))};
  page.size = drawing;
  page.dpi = options.dpi;
  page.scale = scale_of(options, drawing);
  return page;
}

Picture picture_of(const Graph& graph, const RenderOptions& options, Fonts& fonts) {
  const Diagram diagram = diagram_of(graph, options);
  return draw_feature_maps(diagram, graph, Theme(), fonts,
                           {.style = options.style,
                            .direction = direction_from_name(direction_of(options)),
                            .width = options.width_mm * kPointsPerMillimetre});
}

}  // namespace

const std::vector<std::string>& render_formats() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Format& format : formats()) list.emplace_back(format.name);
    return list;
  }();
  return names;
}

const std::vector<std::string>& render_styles() {
  static const std::vector<std::string> styles = {"box", "lenet", "volume"};
  return styles;
}

std::string render(const Graph& graph, const RenderOptions& options) {
  index_of("format", options.format, render_formats());
  const Theme theme;
  Fonts fonts;
  if (draws_feature_maps(options)) {
    const Picture picture = picture_of(graph, options, fonts);
    CairoPainter painter(page_of(options, picture.size), fonts);
    draw_picture(picture, theme, painter);
    return painter.finish();
  }
  const Diagram diagram = diagram_of(graph, options);
  layout::Sketch sketch = sketch_boxes(diagram, theme, fonts);
  layout::lay_out(sketch);
  CairoPainter painter(page_of(options, sketch.boxes[0].size), fonts);
  draw_boxes(diagram, sketch, theme, fonts, painter);
  return painter.finish();
}

std::string layout_json(const Graph& graph, const RenderOptions& options) {
  Fonts fonts;
  if (draws_feature_maps(options)) return picture_json(picture_of(graph, options, fonts));
  const Diagram diagram = diagram_of(graph, options);
  layout::Sketch sketch = sketch_boxes(diagram, Theme(), fonts);
  layout::lay_out(sketch);
  return geometry_json(diagram, sketch);
}

}  // namespace orrery
