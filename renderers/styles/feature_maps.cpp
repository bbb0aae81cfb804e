#include "renderers/styles/feature_maps.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "renderers/stages/stage_marks.h"
#include "renderers/styles/face_image.h"
#include "renderers/styles/lenet.h"
#include "renderers/styles/volume.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr double kMargin = 8, kLeastPoints = 6, kPointsPerMillimetre = 72 / 25.4;
constexpr double kTextWidth = 170 * kPointsPerMillimetre;  // of an A4 page
constexpr double kTextHeight = 247 * kPointsPerMillimetre;

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
  std::vector<Piece> pieces =
      options.style == "lenet"
          ? lenet_pieces(diagram, stages, theme, measure, zoom)
          : volume_pieces(diagram, stages, theme, measure, zoom, touching, !vertical(options.direction));
  if (vertical(options.direction))
    for (Piece& piece : pieces) set_texts_beside(piece.drawing);
  return pieces;
}

// A column of data that flow south is as high as the page, less what stands around and under it.
double column_room(const Subject& subject) {
  const double kUnderColumns = 24;
  if (!subject.options.rows) return 0;
  const double height = subject.options.height > 0 ? subject.options.height : kTextHeight;
  return height - 2 * kMargin - kUnderColumns;
}

Arranged arranged(const Subject& subject, const std::vector<Piece>& pieces, double width) {
  const auto& [diagram, stages, theme, measure, options] = subject;
  ArrangeOptions arranging{options.direction, width, column_room(subject), theme.spacing};
  arranging.spacing.rank = 8;
  arranging.spacing.arrow = 6.5;
  arranging.spacing.frames = 6.5;
  arranging.spacing.port = 4;
  if (options.titles) arranging.blocks = find_blocks(diagram, stages, pieces, theme, measure);
  return arrange(pieces, stages, arranging);
}

Picture draw(const Subject& subject, double zoom, double width) {
  const auto& [diagram, stages, theme, measure, options] = subject;
  const bool lenet = options.style == "lenet", east = options.direction == Direction::east;
  std::vector<Piece> pieces = pieces_of(subject, zoom, east ? Touching::under_skips : Touching::none);
  Arranged places = arranged(subject, pieces, width);
  if (!places.true_to_stages) {
    pieces = pieces_of(subject, zoom, Touching::alone);
    places = arranged(subject, pieces, width);
  }
  if (lenet) add_kernels(places, pieces, stages, theme, zoom);
  Picture picture = std::move(places.picture);
  const bool by_kind = !diagram.heat && diagram.tones.empty() && diagram.no_tones.empty();
  if (by_kind && options.legend.value_or(true))
    add_legend(picture, diagram, stages, !lenet, options.legend.value_or(false), theme, measure,
               std::max(width, bounds_of(picture).width));
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

void put_image(const Image& image, Stages& stages) {
  const auto input = std::find_if(stages.stages.begin(), stages.stages.end(), [](const Stage& stage) {
    return stage.kind == Stage::Kind::input && stage.map.kind == FeatureMap::Kind::image;
  });
  check(input != stages.stages.end(), Fault::usage,
        "image: no input of this graph has channels, height and width");
  input->picture = face_image(image, input->map);
}

Stages stages_of(const Diagram& diagram, const Graph& graph, const FeatureMapOptions& options) {
  Stages stages = find_stages(diagram, graph);
  if (options.image) put_image(*options.image, stages);
  for (Stage& stage : stages.stages) {
    if (options.dtypes && !stage.dtype.empty()) stage.notes.push_back(stage.dtype);
    if (options.shapes) continue;
    for (FeatureMap* map : {&stage.map, &stage.from}) map->channels_text.clear(), map->sizes_text.clear();
  }
  return stages;
}

}  // namespace

Picture draw_feature_maps(const Diagram& diagram, const Graph& graph, const Theme& theme,
                          TextMeasure& measure, const FeatureMapOptions& options) {
  const Subject subject{diagram, stages_of(diagram, graph, options), theme, measure, options};
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

std::optional<Picture> fit_feature_maps(const Diagram& diagram, const Graph& graph, const Theme& theme,
                                        TextMeasure& measure, const FeatureMapOptions& options) {
  const Subject subject{diagram, stages_of(diagram, graph, options), theme, measure, options};
  const double most = theme.detail.size / options.least_font;
  const bool rows = options.rows && std::isfinite(options.width);
  for (double zoom : {1.0, 0.8, 0.65, 0.5}) {
    Picture picture = draw(subject, zoom, rows ? options.width * most - 2 * kMargin : 0);
    if (picture.size.width <= options.width * most && picture.size.height <= options.height * most)
      return picture;
  }
  return {};
}

}  // namespace orrery
