#include "renderers/render.h"

#include <cmath>

#include "renderers/cairo_painter.h"
#include "renderers/diagram/diagram.h"
#include "renderers/formats/dot.h"
#include "renderers/formats/format.h"
#include "renderers/formats/mermaid.h"
#include "renderers/formats/text_sketch.h"
#include "renderers/formats/tikz_painter.h"
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
  check(options.columns >= 20 && options.columns <= 10000, Fault::usage,
        "columns must be 20 to 10000, got {}", options.columns);
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

std::unique_ptr<FilePainter> painter_for(const RenderOptions& options, Size drawing, Fonts& fonts) {
  Page page{.size = drawing, .dpi = options.dpi};
  if (options.width_mm > 0) page.scale = options.width_mm * kPointsPerMillimetre / drawing.width;
  if (options.format == "tikz") return std::make_unique<TikzPainter>(page.size, page.scale, fonts);
  page.format = options.format == "pdf"   ? ImageFormat::pdf
                : options.format == "svg" ? ImageFormat::svg
                                          : ImageFormat::png;
  return std::make_unique<CairoPainter>(page, fonts);
}

// For others to draw, or for a terminal.
std::string describe(const Graph& graph, const RenderOptions& options) {
  if (options.format == "json") return layout_json(graph, options);
  const Diagram diagram = diagram_of(graph, options);
  if (options.format == "dot") return dot_text(diagram, Theme());
  if (options.format == "mermaid") return mermaid_text(diagram, Theme());
  return text_sketch(diagram, Theme(), {.columns = options.columns, .ascii = options.ascii});
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
  static const std::vector<std::string> styles = {"box"};
  return styles;
}

std::string render(const Graph& graph, const RenderOptions& options) {
  const Format& format = formats()[index_of("format", options.format, render_formats())];
  if (format.kind == Format::Kind::description) return describe(graph, options);
  const Diagram diagram = diagram_of(graph, options);
  const Theme theme;
  Fonts fonts;
  layout::Sketch sketch = sketch_boxes(diagram, theme, fonts);
  layout::lay_out(sketch);
  const auto painter = painter_for(options, sketch.boxes[0].size, fonts);
  draw_boxes(diagram, sketch, theme, fonts, *painter);
  return painter->finish();
}

std::string layout_json(const Graph& graph, const RenderOptions& options) {
  const Diagram diagram = diagram_of(graph, options);
  Fonts fonts;
  layout::Sketch sketch = sketch_boxes(diagram, Theme(), fonts);
  layout::lay_out(sketch);
  return geometry_json(diagram, sketch);
}

}  // namespace orrery
