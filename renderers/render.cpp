#include "renderers/render.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>

#include "renderers/box_drawing.h"
#include "renderers/diagram/diagram.h"
#include "renderers/diagram/diff_diagram.h"
#include "renderers/feature_map_drawing.h"
#include "renderers/fit_blocks.h"
#include "renderers/formats/dot.h"
#include "renderers/formats/format.h"
#include "renderers/formats/mermaid.h"
#include "renderers/formats/text_sketch.h"
#include "renderers/formats/tikz_painter.h"
#include "renderers/free_drawing.h"
#include "renderers/html/view.h"
#include "renderers/image_format.h"
#include "renderers/layout_json.h"
#include "renderers/page_fit.h"
#include "renderers/styles/box.h"
#include "renderers/styles/legend.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

bool draws_feature_maps(const RenderOptions& options) {
  return options.style == "lenet" || options.style == "volume";
}

TimeView time_of(const RenderOptions& options) {
  return options.style == "unrolled" ? TimeView::unrolled
         : options.style == "rolled" ? TimeView::rolled
                                     : TimeView::none;
}

// What only drawings of boxes show.
void check_boxes(const RenderOptions& options) {
  const bool maps = draws_feature_maps(options);
  check(options.boxes.empty() || !maps, Fault::usage,
        "label, notes, colors and inside are for drawings of boxes, not for the style '{}'", options.style);
  static const std::set<std::string> kLists = {"pdf", "svg", "png", "tikz", "json"};
  check(options.aside.empty() || (!maps && kLists.contains(options.format)), Fault::usage,
        "aside is for drawings of boxes with a legend, not for {} '{}'", maps ? "the style" : "the format",
        maps ? options.style : options.format);
  check(!options.governors || !(maps || options.comparison), Fault::usage,
        "governors are for drawings of boxes of one graph, not for {}",
        maps ? "the style '" + options.style + "'" : "a diff");
  check(!maps || !options.comparison, Fault::usage, "a diff is for drawings of boxes, not for the style '{}'",
        options.style);
  check(!maps || options.line_width == LineWidth::even, Fault::usage,
        "edge_width is for drawings of boxes, not for the style '{}'", options.style);
}

void check_options(const RenderOptions& options) {
  index_among("style", options.style, render_styles());
  check(options.image.empty() || draws_feature_maps(options), Fault::usage,
        "image is for the styles 'lenet' and 'volume', not for '{}'", options.style);
  check_boxes(options);
  check_dpi(options.dpi);
  check(std::isfinite(options.width_mm) &&
            (options.width_mm == 0 || (options.width_mm >= 5 && options.width_mm <= 5000)),
        Fault::usage, "width_mm must be 5 to 5000, or 0 for the drawing's own width, got {}",
        options.width_mm);
  check(std::isfinite(options.height_mm) &&
            (options.height_mm == 0 || (options.height_mm >= 5 && options.height_mm <= 5000)),
        Fault::usage, "height_mm must be 5 to 5000, or 0 for the drawing's own height, got {}",
        options.height_mm);
  check(std::isfinite(options.min_font) && options.min_font >= 1 && options.min_font <= 72, Fault::usage,
        "min_font must be 1 to 72 points, got {}", options.min_font);
  check(options.columns >= 20 && options.columns <= 10000, Fault::usage,
        "columns must be 20 to 10000, got {}", options.columns);
  check(options.depth >= -1, Fault::usage, "depth must be 0 or more, or -1 for all, got {}", options.depth);
}

Direction direction_of(const RenderOptions& options) {
  if (!options.direction.empty()) return direction_from_name(options.direction);
  return draws_feature_maps(options) ? Direction::east : Direction::south;
}

DiagramOptions diagram_options(const RenderOptions& options) {
  return {.depth = options.depth,
          .expand = options.expand,
          .collapse = options.collapse,
          .fold = options.fold && !draws_feature_maps(options),
          .hide = options.hide,
          .aside = options.aside,
          .governors = options.governors,
          .fuse = options.fuse,
          .names = options.names,
          .shapes = options.shapes,
          .all_shapes = options.all_shapes,
          .dtypes = options.dtypes,
          .parameters = options.parameters,
          .direction = direction_of(options),
          .time = time_of(options),
          .colour = options.color,
          .overlay = options.overlay,
          .cues = options.cues,
          .findings = options.findings,
          .changes = options.boxes,
          .line_width = options.line_width,
          .batch = options.batch};
}

Diagram diagram_of(const Graph& graph, const RenderOptions& options, const DiagramOptions& how) {
  if (!options.comparison) return make_diagram(graph, how);
  const auto& [before, all, overlay] = *options.comparison;
  return make_diff_diagram(*before, graph, {.diagram = how, .all = all, .before = overlay});
}

Diagram diagram_of(const Graph& graph, const RenderOptions& options) {
  return diagram_of(graph, options, diagram_options(options));
}

// What the drawing has to fit on, if anything.
std::optional<PageWish> page_of(const RenderOptions& options) {
  PageWish page{.name = options.fit, .least_font = options.min_font, .wrap = options.wrap};
  if (!options.fit.empty()) {
    check(options.width_mm == 0 && options.height_mm == 0, Fault::usage,
          "give either fit or width_mm and height_mm");
    page.size = page_size(options.fit);
  } else if (options.height_mm > 0) {
    const double any = std::numeric_limits<double>::infinity();
    page.size = {options.width_mm > 0 ? options.width_mm : any, options.height_mm};
  } else {
    return {};
  }
  return page;
}

// Where the script does not ask for a direction, a broad page may be read along its lines.
std::vector<Direction> directions_for(const RenderOptions& options, const PageWish& page) {
  const bool broad = std::isfinite(page.size.width) && page.size.width > page.size.height;
  if (options.direction.empty() && broad) return {Direction::south, Direction::east};
  return {direction_of(options)};
}

// On a page as many blocks are open as it has room for.
BoxDrawing drawing_of(const Graph& graph, const RenderOptions& options, const Theme& theme, Fonts& fonts) {
  check_options(options);
  const BoxDraftsman draftsman{theme, fonts, {options.legend.value_or(false), options.caption}};
  const std::optional<PageWish> page = page_of(options);
  if (!page) return free_drawing(draftsman, diagram_of(graph, options), options.wrap && !options.width_mm);
  const DiagramMaker make = [&](const std::vector<std::string>& shut, Direction direction) {
    DiagramOptions changed = diagram_options(options);
    changed.collapse.insert(changed.collapse.end(), shut.begin(), shut.end());
    changed.direction = direction;
    return diagram_of(graph, options, changed);
  };
  return fit_blocks(make, draftsman, *page, {directions_for(options, *page), options.expand});
}

double scale_of(const RenderOptions& options, const Theme& theme, Size drawing) {
  if (!page_of(options))
    return options.width_mm > 0 ? options.width_mm * kPointsPerMillimetre / drawing.width : 1;
  const PageWish page = *page_of(options);
  return scale_on(page.size, drawing, page.most_scale(theme));
}

std::unique_ptr<FilePainter> painter_for(const RenderOptions& options, const Theme& theme, Size drawing,
                                         Fonts& fonts) {
  Page page{.size = drawing, .scale = scale_of(options, theme, drawing), .dpi = options.dpi};
  if (options.format == "tikz") return std::make_unique<TikzPainter>(page.size, page.scale, fonts);
  page.format = image_format(options.format);
  return painter_on(page, fonts);
}

void draw_background(const Theme& theme, Size size, Painter& painter) {
  if (theme.background == rgb(0xffffff)) return;
  painter.draw(Outline::polygon({{0, 0}, {size.width, 0}, {size.width, size.height}, {0, size.height}}),
               theme.background, {});
}

FeatureMapDrawing maps_of(const Graph& graph, const RenderOptions& options, const Theme& theme,
                          Fonts& fonts) {
  check_options(options);
  const auto diagram_at = [&](int depth) {
    RenderOptions at_depth = options;
    at_depth.depth = depth;
    return make_diagram(graph, diagram_options(at_depth));
  };
  return feature_map_drawing(graph, options, direction_of(options), page_of(options), diagram_at, theme,
                             fonts);
}

// What a page for the screen has no place for.
void check_view(const RenderOptions& options) {
  check(options.style == "box", Fault::usage, "a view for the screen has the style 'box', got '{}'",
        options.style);
  check(options.fit.empty() && options.width_mm == 0 && options.height_mm == 0, Fault::usage,
        "a view for the screen has no page: leave out fit, width_mm and height_mm");
  check(options.color == ColourBy::kind || options.color == ColourBy::structure, Fault::usage,
        "a view for the screen colours by 'kind', 'structure' or an overlay");
}

// For others to draw, or for a terminal.
std::string describe(const Graph& graph, const RenderOptions& options) {
  if (options.format == "json") return layout_json(graph, options);
  const Theme theme = make_theme(options.theme, options.theme_changes);
  Fonts fonts;
  check_options(options);
  if (options.format == "html")
    return view_page(graph,
                     {.diagram = diagram_options(options),
                      .theme = options.theme,
                      .theme_changes = options.theme_changes,
                      .caption = options.caption,
                      .legend = options.legend.value_or(false)},
                     fonts);
  const Diagram diagram =
      page_of(options) ? drawing_of(graph, options, theme, fonts).diagram : diagram_of(graph, options);
  if (options.format == "dot") return dot_text(diagram, theme);
  if (options.format == "mermaid") return mermaid_text(diagram, theme);
  return text_sketch(diagram, theme, {.columns = options.columns, .ascii = options.ascii});
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
  static const std::vector<std::string> styles = {"box", "lenet", "volume", "unrolled", "rolled"};
  return styles;
}

std::string render(const Graph& graph, const RenderOptions& options) {
  const Format& format = formats()[index_among("format", options.format, render_formats())];
  if (options.format == "html") check_view(options);
  if (format.kind == Format::Kind::description) return describe(graph, options);
  const Theme theme = make_theme(options.theme, options.theme_changes);
  Fonts fonts;
  if (draws_feature_maps(options)) {
    const FeatureMapDrawing drawing = maps_of(graph, options, theme, fonts);
    const auto painter = painter_for(options, theme, drawing.size, fonts);
    draw_background(theme, drawing.size, *painter);
    draw_picture(drawing.picture, theme, *painter);
    drawing.legend->draw(*painter, {0, drawing.picture.size.height});
    return painter->finish();
  }
  const BoxDrawing drawing = drawing_of(graph, options, theme, fonts);
  const auto painter = painter_for(options, theme, drawing.size, fonts);
  draw_background(theme, drawing.size, *painter);
  draw_boxes(drawing.diagram, drawing.sketch, theme, fonts, *painter);
  drawing.legend->draw(*painter, {0, drawing.sketch.boxes[0].size.height});
  return painter->finish();
}

std::string layout_json(const Graph& graph, const RenderOptions& options) {
  const Theme theme = make_theme(options.theme, options.theme_changes);
  Fonts fonts;
  if (draws_feature_maps(options)) return picture_json(maps_of(graph, options, theme, fonts).picture);
  const BoxDrawing drawing = drawing_of(graph, options, theme, fonts);
  return geometry_json(drawing.diagram, drawing.sketch);
}

}  // namespace orrery
