#include "renderers/styles/feature_maps.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "renderers/stages/stage_marks.h"
#include "renderers/styles/lenet.h"
#include "renderers/styles/volume.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr double kMargin = 8, kLeastPoints = 6, kPointsPerMillimetre = 72 / 25.4;
constexpr double kTextWidth = 170 * kPointsPerMillimetre;  // of an A4 page

/// A net to be drawn, and all that it is drawn with.
struct Subject {
  const Diagram& diagram;
  Stages stages;
  const Theme& theme;
  TextMeasure& measure;
  const FeatureMapOptions& options;
};

std::vector<Piece> pieces_of(const Subject& subject, double zoom, Touching touching) {
  const auto& [diagram, stages, theme, measure, options] = subject;
  std::vector<Piece> pieces = options.style == "lenet"
                                  ? lenet_pieces(diagram, stages, theme, measure, zoom)
                                  : volume_pieces(diagram, stages, theme, measure, zoom, touching);
  if (vertical(options.direction))
    for (Piece& piece : pieces) set_texts_beside(piece.drawing);
  return pieces;
}

Picture draw(const Subject& subject, double zoom, double width) {
  const auto& [diagram, stages, theme, measure, options] = subject;
  ArrangeOptions arranging{options.direction, width, theme.spacing};
  const bool lenet = options.style == "lenet";
  arranging.spacing.rank = 8;
  arranging.spacing.arrow = 6.5;
  arranging.spacing.port = 4;
  const bool east = options.direction == Direction::east;
  std::vector<Piece> pieces = pieces_of(subject, zoom, east ? Touching::under_skips : Touching::none);
  Arranged arranged = arrange(pieces, stages, arranging);
  if (!arranged.true_to_stages) {
    pieces = pieces_of(subject, zoom, Touching::alone);
    arranged = arrange(pieces, stages, arranging);
  }
  if (lenet) add_kernels(arranged, pieces, stages, theme, zoom);
  Picture picture = std::move(arranged.picture);
  add_legend(picture, diagram, stages, !lenet, theme, measure, std::max(width, bounds_of(picture).width));
  const Rect all = bounds_of(picture).grown(kMargin);
  move(picture, {-all.x, -all.y});
  picture.size = {all.width, all.height};
  return picture;
}

size_t rows_of(const Picture& picture) {
  const auto turns = std::count_if(picture.lines.begin(), picture.lines.end(), [](const PictureLine& line) {
    return line.kind == PictureLine::Kind::turn;
  });
  return static_cast<size_t>(turns) + 1;
}

// As wide as a page's text at most, where that can be; somewhat smaller where one row is enough then.
Picture draw_for_text(const Subject& subject) {
  std::optional<Picture> best;
  for (double zoom : {1.0, 0.85, 0.7}) {
    Picture picture = draw(subject, zoom, kTextWidth - 2 * kMargin);
    const bool fits = picture.size.width <= kTextWidth;
    const size_t rows = rows_of(picture);
    if (!best || (fits && (rows == 1 || best->size.width > kTextWidth))) best = std::move(picture);
    if (fits && rows != 2) break;
  }
  return std::move(*best);
}

// A drawing that is narrower than its page stands in the middle, with texts as large as on others.
void widen(Picture& picture, double width) {
  if (picture.size.width >= width) return;
  move(picture, {(width - picture.size.width) / 2, 0});
  picture.size.width = width;
}

}  // namespace

Picture draw_feature_maps(const Diagram& diagram, const Graph& graph, const Theme& theme,
                          TextMeasure& measure, const FeatureMapOptions& options) {
  const Subject subject{diagram, find_stages(diagram, graph), theme, measure, options};
  if (options.width <= 0) return draw_for_text(subject);
  const double most = options.width * theme.detail.size / kLeastPoints;
  double least = HUGE_VAL;
  for (double zoom : {1.0, 0.8, 0.65, 0.5}) {
    Picture picture = draw(subject, zoom, options.width - 2 * kMargin);
    if (picture.size.width <= most) return widen(picture, options.width), picture;
    least = std::min(least, picture.size.width);
  }
  throw Error(
      Fault::usage,
      fmt::format(
          "the drawing does not fit a page of {:.0f} mm with text of {:.0f} points: it needs {:.0f} mm",
          options.width / kPointsPerMillimetre, kLeastPoints,
          std::ceil(least * kLeastPoints / theme.detail.size / kPointsPerMillimetre)),
      {}, "Fold blocks (depth), let the data flow south (direction), or take a wider page (width_mm).");
}

}  // namespace orrery
