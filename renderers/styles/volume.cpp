#include "renderers/styles/volume.h"

#include <algorithm>
#include <cmath>

#include "renderers/stages/stage_marks.h"

namespace orrery {
namespace {

using Kind = Stage::Kind;

constexpr double kSlant = 0.36;  // of the depth, to the right and upwards
constexpr double kBand = 3.2;

/// One box in the air: from `x` on, centred on the axis.
struct Solid {
  double thickness, height, depth;
};

/// Draws the stages of one piece from left to right: what comes later lies nearer.
class VolumePiece {
 public:
  VolumePiece(const Diagram& diagram, const Stages& stages, const StageScale& scale, const Theme& theme,
              TextMeasure& measure, double zoom, bool edges)
      : diagram_(diagram),
        stages_(stages),
        scale_(scale),
        theme_(theme),
        measure_(measure),
        zoom_(zoom),
        edges_(edges) {}

  Piece draw(const std::vector<int>& members) {
    piece_.stages = members;
    for (int member : members) add_stage(member);
    centre();
    add_captions();
    return std::move(piece_);
  }

 private:
  struct Number {
    std::string text;
    double x;
  };

  Solid solid_of(const Stage& stage) const {
    const FeatureMap& map = stage.map;
    const auto side = [&](double extent) {
      return StageScale::between(extent, scale_.extent, 9, 88) * zoom_;
    };
    if (map.kind == FeatureMap::Kind::vector) {
      const double most = std::log2(1 + std::max(scale_.features, 2.0));
      const double length = map.channels > 0 ? std::log2(1 + map.channels) / most : 0.5;
      return {5, 5, (12 + 100 * length * length) * zoom_};
    }
    Solid solid{thickness(stage), side(map.height()), side(map.width())};
    if (map.kind == FeatureMap::Kind::sequence) solid = {solid.thickness, side(map.width()), 8 * zoom_};
    return solid;
  }

  // Never thinner than its number is wide.
  double thickness(const Stage& stage) const {
    if (stage.kind == Kind::pooling) return 3.5;
    if (stage.kind == Kind::band) return kBand;
    const double share = stage.map.channels > 0 ? std::sqrt(stage.map.channels / scale_.channels) : 0.5;
    const double text = measure_.measure(stage.map.channels_text, {theme_.detail.size, true}).width + 3;
    return std::max(text, (3 + 19 * share) * zoom_);
  }

  void add_stage(int index) {
    const Stage& stage = stages_.stages[index];
    const DiagramBox& box = diagram_.boxes[stage.box];
    const Solid solid = solid_of(stage);
    const double begin = x_;
    if (stage.kind == Kind::joined)
      add_joined(index, solid);
    else
      add_solid(solid, stage_look(box, theme_, stage.kind));
    if (stage.picture) put_on_side(stage.picture);
    if (index == piece_.stages[0]) foot_ = {begin - slant(solid) / 2, solid.height / 2 + slant(solid) / 2};
    if (numbered(stage)) numbers_.push_back({stage.map.channels_text, (begin + x_) / 2 - slant(solid) / 2});
    for (int band : stage.bands)
      add_solid({kBand, solid.height, solid.depth}, stage_look(diagram_.boxes[band], theme_, Kind::band));
    const double up = solid.height / 2 + slant(solid) / 2;
    if (stage.map.sizes == stages_.stages[piece_.stages[0]].map.sizes)
      edge_ = {x_, solid.height / 2};
    else
      low_ = std::max(low_, up);
    piece_.tops[index] = {begin + slant(solid) / 2, x_ + slant(solid) / 2, -up};
  }

  static bool numbered(const Stage& stage) { return stage.kind != Kind::pooling && stage.kind != Kind::band; }

  static double slant(const Solid& solid) { return kSlant * solid.depth; }

  // What was joined stays to be seen: a slice for each part, pale and paler.
  void add_joined(int index, const Solid& solid) {
    std::vector<double> parts;
    double sum = 0;
    for (const StageLine& line : stages_.lines)
      if (line.to == index) parts.push_back(std::max(1.0, stages_.stages[line.from].map.channels));
    for (double part : parts) sum += part;
    const StageLook look = stage_look(diagram_.boxes[stages_.stages[index].box], theme_, Kind::joined);
    for (size_t i = 0; i < parts.size(); ++i)
      add_solid({solid.thickness * parts[i] / sum, solid.height, solid.depth},
                {i % 2 ? mixed(look.fill, look.line, 0.18) : mixed(look.fill, rgb(0xffffff), 0.6), look.line,
                 look.width});
  }

  // The side of the solid drawn last, from its upper left corner on.
  void put_on_side(const std::shared_ptr<const Raster>& picture) {
    PictureShape& side = piece_.drawing.shapes[piece_.drawing.shapes.size() - 2];
    side.corners = {side.corners[0], side.corners[3], side.corners[2], side.corners[1]};
    side.image = picture;
  }

  // Front, top and side of a box that goes away to the upper right.
  void add_solid(const Solid& solid, const StageLook& look) {
    const double s = slant(solid), left = x_ - s / 2, right = left + solid.thickness;
    const double low = solid.height / 2 + s / 2, high = low - solid.height;
    const Color pale = mixed(look.fill, rgb(0xffffff), 0.45), dark = mixed(look.fill, look.line, 0.22);
    face({{left, high}, {right, high}, {right + s, high - s}, {left + s, high - s}}, pale, look);
    face({{right, high}, {right, low}, {right + s, low - s}, {right + s, high - s}}, dark, look);
    face({{left, high}, {right, high}, {right, low}, {left, low}}, look.fill, look);
    x_ += solid.thickness;
  }

  void face(std::vector<Point> corners, Color fill, const StageLook& look) {
    piece_.drawing.shapes.push_back(
        {PictureShape::Form::polygon, std::move(corners), fill, look.stroke(fill)});
  }

  void centre() {
    const Rect all = bounds_of(piece_.drawing);
    const double by = -all.middle().x;
    move(piece_.drawing, {by, 0});
    for (auto& [stage, top] : piece_.tops) top.left += by, top.right += by;
    for (Number& number : numbers_) number.x += by;
    edge_.x += by, foot_.x += by;
  }

  void add_captions() {
    Captions captions(piece_.drawing, theme_, measure_);
    double y = bounds_of(piece_.drawing).bottom() + 1.5, next = y;
    for (const Number& number : numbers_)
      next = std::max(next, captions.below(number.text, number.x, y, true));
    const Stage& first = stages_.stages[piece_.stages[0]];
    if (!add_edge_sizes(captions, first)) next = captions.below(first.map.sizes_text, front(), next);
    for (const std::string& line : operations()) next = captions.below(line, front(), next);
    for (int member : piece_.stages) next = captions.notes(stages_.stages[member], front(), next);
  }

  // As in figures of VGG: the width along the lower edge that goes away, the height, where it is another
  // one, at the front. False for maps that are no images of a known size.
  bool add_edge_sizes(Captions& captions, const Stage& stage) {
    const FeatureMap& map = stage.map;
    if (map.kind != FeatureMap::Kind::image || map.sizes_text.empty() || numbers_.empty() || !edges_)
      return false;
    if (map.width() <= 0 || map.height() <= 0) return false;
    const auto text = [](double extent) { return std::to_string(static_cast<std::int64_t>(extent)); };
    captions.at(text(map.width()), {edge_.x + 1.5, std::max(edge_.y + 0.5, low_)});
    if (map.width() == map.height()) return true;
    const Size size = measure_.measure(text(map.height()), theme_.detail);
    captions.at(text(map.height()), {foot_.x - 2 - size.width, foot_.y - size.height});
    return true;
  }

  // The middle of what has numbers: texts stand under the front faces, not under the depth.
  double front() const { return numbers_.empty() ? 0 : (numbers_.front().x + numbers_.back().x) / 2; }

  // What is done, in order; the same thing in a row once, with how often.
  std::vector<std::string> operations() const {
    std::vector<std::string> lines;
    std::vector<int> counts;
    for (int member : piece_.stages) {
      const Stage& stage = stages_.stages[member];
      const DiagramBox& box = diagram_.boxes[stage.box];
      std::string text = stage.caption.empty() ? box.title : stage.caption;
      if (stage.kind == Kind::joined) text = "concatenation";
      if (!lines.empty() && lines.back() == text)
        ++counts.back();
      else
        lines.push_back(text), counts.push_back(1);
    }
    for (int member : piece_.stages)
      for (const std::string& extra : stages_.stages[member].extras)
        lines.push_back(extra), counts.push_back(1);
    for (size_t i = 0; i < lines.size(); ++i)
      if (counts[i] > 1) lines[i] = std::to_string(counts[i]) + " × " + lines[i];
    return lines;
  }

  const Diagram& diagram_;
  const Stages& stages_;
  const StageScale& scale_;
  const Theme& theme_;
  TextMeasure& measure_;
  double zoom_;
  bool edges_;
  Piece piece_;
  std::vector<Number> numbers_;
  double x_ = 0;
  Point edge_, foot_;       // the middle of the lower edge of what has the first one's size; its lower corner
  double low_ = -HUGE_VAL;  // of what is smaller
};

}  // namespace

std::vector<Piece> volume_pieces(const Diagram& diagram, const Stages& stages, const Theme& theme,
                                 TextMeasure& measure, double zoom, Touching touching, bool edges) {
  const StageScale scale = scale_of(stages);
  std::vector<Piece> pieces;
  for (const std::vector<int>& members : touching_stages(stages, touching)) {
    const Stage& first = stages.stages[members[0]];
    if (first.kind == Kind::symbol)
      pieces.push_back(symbol_piece(diagram, members[0], first, theme, measure));
    else if (!is_solid(first))
      pieces.push_back(text_piece(diagram, members[0], first, theme, measure));
    else
      pieces.push_back(VolumePiece(diagram, stages, scale, theme, measure, zoom, edges).draw(members));
  }
  return pieces;
}

}  // namespace orrery
