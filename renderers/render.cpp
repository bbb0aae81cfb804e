#include "renderers/render.h"

#include <algorithm>
#include <cmath>

#include "renderers/cairo_painter.h"
#include "renderers/diagram/diagram.h"
#include "renderers/layout/layout.h"
#include "renderers/layout_json.h"
#include "renderers/styles/box.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {
namespace {

constexpr double kPointsPerMillimetre = 72 / 25.4;

size_t index_of(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
  const auto at = std::find(known.begin(), known.end(), name);
  if (at != known.end()) return static_cast<size_t>(at - known.begin());
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "'" : ", '") + one + "'";
  fail(Fault::usage, "{} must be {}{}, got '{}'{}", what, known.size() > 1 ? "one of " : "", list, name,
       did_you_mean(name, known));
}

void check_numbers(const RenderOptions& options) {
  check(std::isfinite(options.dpi) && options.dpi >= 1 && options.dpi <= 2400, Fault::usage,
        "dpi must be 1 to 2400, got {}", options.dpi);
  check(std::isfinite(options.width_mm) &&
            (options.width_mm == 0 || (options.width_mm >= 5 && options.width_mm <= 5000)),
        Fault::usage, "width_mm must be 5 to 5000, or 0 for the drawing's own width, got {}",
        options.width_mm);
  check(options.depth >= -1, Fault::usage, "depth must be 0 or more, or -1 for all, got {}", options.depth);
}

Diagram diagram_of(const Graph& graph, const RenderOptions& options) {
  check_numbers(options);
  index_of("style", options.style, render_styles());
  return make_diagram(graph, {.depth = options.depth,
                              .shapes = options.shapes,
                              .all_shapes = options.all_shapes,
                              .parameters = options.parameters,
                              .direction = direction_from_name(options.direction),
                              .findings = options.findings});
}

Page page_of(const RenderOptions& options, Size drawing) {
  Page page{.format = static_cast<ImageFormat>(index_of("format", options.format, render_formats()))};
  page.size = drawing;
  page.dpi = options.dpi;
  if (options.width_mm > 0) page.scale = options.width_mm * kPointsPerMillimetre / drawing.width;
  return page;
}

}  // namespace

const std::vector<std::string>& render_formats() {
  static const std::vector<std::string> formats = {"pdf", "svg", "png"};
  return formats;
}

const std::vector<std::string>& render_styles() {
  static const std::vector<std::string> styles = {"box"};
  return styles;
}

std::string render(const Graph& graph, const RenderOptions& options) {
  index_of("format", options.format, render_formats());
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
