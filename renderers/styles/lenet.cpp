#include "renderers/styles/lenet.h"

#include <algorithm>
#include <cmath>

#include "renderers/stages/stage_marks.h"
#include "renderers/styles/lenet_planes.h"

namespace orrery {
namespace {

using Kind = Stage::Kind;

/// Draws one stage.
class LenetPiece {
 public:
  LenetPiece(const Diagram& diagram, const Stages& stages, const LenetScale& scale, const Theme& theme,
             TextMeasure& measure)
      : diagram_(diagram), stages_(stages), scale_(scale), theme_(theme), measure_(measure) {}

  Piece draw(int index, bool captions_above) {
    stage_ = &stages_.stages[index];
    box_ = &diagram_.boxes[stage_->box];
    piece_.stages = {index};
    if (stage_->map.kind == FeatureMap::Kind::vector)
      add_bar();
    else
      add_planes(index);
    const Rect shape = bounds_of(piece_.drawing);
    piece_.tops[index] = top();
    add_captions(shape, captions_above);
    return std::move(piece_);
  }

 private:
  // The back plane's upper edge; the upper corner of a bar.
  Piece::Top top() const {
    if (stage_->map.kind == FeatureMap::Kind::vector) {
      const Point corner = piece_.drawing.shapes[0].corners[1];
      return {corner.x, corner.x, corner.y};
    }
    const PlaneStack stack = scale_.stack(stage_->map);
    const Rect back = stack.plane(0);
    return {back.x + stack.solid, back.right() + stack.solid, back.y - stack.solid};
  }

  void add_bar() {
    const StageLook look = stage_look(*box_, theme_, stage_->kind);
    const double half = scale_.bar(stage_->map.channels) / 2 * std::sqrt(0.5),
                 thick = scale_.bar_thickness() / 2 * std::sqrt(0.5);
    polygon({{-half - thick, half - thick},
             {half - thick, -half - thick},
             {half + thick, -half + thick},
             {-half + thick, half + thick}},
            look.fill, look);
  }

  void add_planes(int index) {
    const StageLook look = stage_look(*box_, theme_, stage_->kind);
    const PlaneStack stack = scale_.stack(stage_->map);
    const std::vector<double> ends = part_ends(index);
    for (int plane = 0; plane < stack.count; ++plane) {
      const auto part =
          std::upper_bound(ends.begin(), ends.end(), (plane + 0.5) / stack.count) - ends.begin();
      const double dark = (plane % 2 ? 0.16 : 0) + (part % 2 ? 0.25 : 0);
      add_plane(stack, plane, mixed(look.fill, look.line, dark), look);
    }
    if (stage_->picture) piece_.drawing.shapes.back().image = stage_->picture;
  }

  // Of a concatenation, which share of the planes each part ends at.
  std::vector<double> part_ends(int index) const {
    std::vector<double> ends;
    if (stage_->kind != Kind::joined) return ends;
    double sum = 0;
    for (const StageLine& line : stages_.lines)
      if (line.to == index) ends.push_back(sum += std::max(1.0, stages_.stages[line.from].map.channels));
    for (double& end : ends) end /= sum;
    return ends;
  }

  void add_plane(const PlaneStack& stack, int plane, Color fill, const StageLook& look) {
    const Rect r = stack.plane(plane);
    const double d = stack.solid;
    if (d > 0) {
      polygon({{r.x, r.y}, {r.right(), r.y}, {r.right() + d, r.y - d}, {r.x + d, r.y - d}},
              mixed(fill, rgb(0xffffff), 0.4), look);
      polygon({{r.right(), r.y},
               {r.right(), r.bottom()},
               {r.right() + d, r.bottom() - d},
               {r.right() + d, r.y - d}},
              mixed(fill, look.line, 0.2), look);
    }
    polygon({{r.x, r.y}, {r.right(), r.y}, {r.right(), r.bottom()}, {r.x, r.bottom()}}, fill, look);
  }

  void polygon(std::vector<Point> corners, Color fill, const StageLook& look) {
    piece_.drawing.shapes.push_back(
        {PictureShape::Form::polygon, std::move(corners), fill, look.stroke(fill)});
  }

  // Above, what it is; below, what was done to get it.
  void add_captions(const Rect& shape, bool above) {
    Captions captions(piece_.drawing, theme_, measure_);
    const double x = shape.middle().x;
    double y = shape.bottom() + 2;
    const std::string name =
        stage_->kind == Kind::input || stage_->kind == Kind::folded ? box_->title : telling_name();
    if (above) {
      captions.above(name, x, captions.above(map_text(stage_->map), x, shape.y - 2), true);
    } else {
      y = captions.below(map_text(stage_->map), x, captions.below(name, x, y, true));
    }
    if (stage_->kind != Kind::input && stage_->kind != Kind::folded) y = captions.below(operation(), x, y);
    for (int band : stage_->bands) y = captions.below(band_name(diagram_.boxes[band]), x, y);
    for (const std::string& extra : stage_->extras) y = captions.below(extra, x, y);
    captions.notes(*stage_, x, y);
  }

  // A number is a place in a list.
  std::string telling_name() const {
    const std::string& name = box_->note;
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }) ? "" : name;
  }

  std::string operation() const {
    if (stage_->kind == Kind::joined) return "concatenation";
    if (stage_->kind != Kind::linear || stage_->from.kind == FeatureMap::Kind::none) return stage_->caption;
    const std::string in = features_in();
    return in.empty() ? stage_->caption : "linear " + in + " → " + stage_->map.channels_text;
  }

  // What a flattened map has in all.
  std::string features_in() const {
    if (stage_->map.sizes.empty() || stage_->from.channels_last) return stage_->from.channels_text;
    return {};
  }

  const Diagram& diagram_;
  const Stages& stages_;
  const LenetScale& scale_;
  const Theme& theme_;
  TextMeasure& measure_;
  const Stage* stage_ = nullptr;
  const DiagramBox* box_ = nullptr;
  Piece piece_;
};

bool has_planes(const Stage& stage) {
  return stage.map.kind != FeatureMap::Kind::none && stage.kind != Kind::symbol && stage.kind != Kind::other;
}

}  // namespace

std::vector<Piece> lenet_pieces(const Diagram& diagram, const Stages& stages, const Theme& theme,
                                TextMeasure& measure, double zoom) {
  const LenetScale scale(scale_of(stages), zoom);
  std::vector<int> readers(stages.stages.size(), 0), inputs(stages.stages.size(), 0);
  for (const StageLine& line : stages.lines) ++readers[line.from], ++inputs[line.to];
  std::vector<Piece> pieces;
  for (size_t i = 0; i < stages.stages.size(); ++i) {
    const Stage& stage = stages.stages[i];
    const int index = static_cast<int>(i);
    if (stage.kind == Kind::symbol)
      pieces.push_back(symbol_piece(diagram, index, stage, theme, measure));
    else if (!has_planes(stage))
      pieces.push_back(text_piece(diagram, index, stage, theme, measure));
    else
      pieces.push_back(
          LenetPiece(diagram, stages, scale, theme, measure).draw(index, readers[i] < 2 && inputs[i] < 2));
  }
  return pieces;
}

}  // namespace orrery
