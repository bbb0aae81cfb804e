#include "renderers/feature_map_drawing.h"

#include <cmath>

#include <fmt/format.h>

#include "renderers/image_format.h"
#include "renderers/styles/feature_maps.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr double kLeastLegendWidth = 240;  // in points: a narrow drawing needs no narrow legend
constexpr double kWidestLegend = 720;

// What colours tell of a block, they tell of what is inside of it: blocks have no faces of their own.
void spread_colours(Diagram& diagram) {
  for (DiagramBox& box : diagram.boxes) {
    if (box.parent <= 0 || box.tone != DiagramBox::kNeutral || box.heat) continue;
    const DiagramBox& frame = diagram.boxes[static_cast<size_t>(box.parent)];
    box.tone = frame.tone;
    box.heat = frame.heat;
  }
}

std::unique_ptr<Legend> legend_for(const Diagram& diagram, const RenderOptions& options, const Theme& theme,
                                   TextMeasure& measure, double width) {
  return std::make_unique<Legend>(diagram, theme, measure, Legend::Wish{false, options.caption}, width);
}

void put_under(FeatureMapDrawing& drawing) {
  const Size size = drawing.legend->size();
  drawing.size = {std::max(drawing.picture.size.width, size.width),
                  drawing.picture.size.height + size.height};
}

FeatureMapOptions options_for(const RenderOptions& options, Direction direction, const Image* image) {
  return {.style = options.style,
          .direction = direction,
          .width = options.width_mm * kPointsPerMillimetre,
          .shapes = options.shapes,
          .dtypes = options.dtypes,
          .titles = options.names,
          .legend = options.legend,
          .image = image};
}

// The depth at which all blocks are open, or the one that is asked for.
int deepest(const Graph& graph, int limit) {
  int depth = 0;
  for (const auto& node : graph.nodes()) {
    int around = 0;
    for (const Block* block = &node->block(); block->parent(); block = block->parent()) ++around;
    depth = std::max(depth, around);
  }
  return limit < 0 ? depth : std::min(depth, limit);
}

std::string words_for(const PageWish& page) {
  const auto [width, height] = page.size;
  if (std::isinf(width)) return fmt::format("a page of {:.0f} mm height", height);
  return fmt::format("{} ({:.0f} × {:.0f} mm)", page.name.empty() ? "the page" : page.name, width, height);
}

// Draws at smaller and smaller depths until the page has room.
FeatureMapDrawing fitted_maps(const Graph& graph, const RenderOptions& options, FeatureMapOptions how,
                              const PageWish& page, const std::function<Diagram(int depth)>& diagram_at,
                              const Theme& theme, TextMeasure& measure) {
  how.width = page.size.width * kPointsPerMillimetre;
  how.least_font = page.least_font;
  how.rows = page.wrap;
  for (int depth = deepest(graph, options.depth); depth >= 0; --depth) {
    Diagram diagram = diagram_at(depth);
    spread_colours(diagram);
    FeatureMapDrawing drawing;
    drawing.legend = legend_for(diagram, options, theme, measure, std::min(how.width, kWidestLegend));
    how.height = page.size.height * kPointsPerMillimetre - drawing.legend->size().height;
    auto picture = fit_feature_maps(diagram, graph, theme, measure, how);
    if (!picture) continue;
    drawing.picture = std::move(*picture);
    put_under(drawing);
    return drawing;
  }
  throw Error(Fault::usage,
              fmt::format("the drawing does not fit on {} with text of {:g} points, not even with all blocks "
                          "collapsed",
                          words_for(page), page.least_font),
              {},
              "Give nodes that belong together a block (g:block, g:group), let the data flow the other way "
              "(direction), or take a larger page.");
}

}  // namespace

FeatureMapDrawing feature_map_drawing(const Graph& graph, const RenderOptions& options, Direction direction,
                                      const std::optional<PageWish>& page,
                                      const std::function<Diagram(int depth)>& diagram_at, const Theme& theme,
                                      TextMeasure& measure) {
  std::optional<Image> image;
  if (!options.image.empty()) image = read_image(options.image, ImageMode::rgb);
  const FeatureMapOptions how = options_for(options, direction, image ? &*image : nullptr);
  if (page) return fitted_maps(graph, options, how, *page, diagram_at, theme, measure);
  Diagram diagram = diagram_at(options.depth);
  spread_colours(diagram);
  FeatureMapDrawing drawing{.picture = draw_feature_maps(diagram, graph, theme, measure, how)};
  drawing.legend =
      legend_for(diagram, options, theme, measure, std::max(drawing.picture.size.width, kLeastLegendWidth));
  put_under(drawing);
  return drawing;
}

}  // namespace orrery
