#include "renderers/stages/stage_marks.h"

#include <algorithm>
#include <map>

#include "renderers/styles/box_lines.h"

namespace orrery {
namespace {

// The fills of boxes lie behind texts and are pale.
Color stronger(Color color, double by) {
  const auto one = [&](double part) { return std::max(0.0, 1 - (1 - part) * by); };
  return {one(color.red), one(color.green), one(color.blue)};
}

}  // namespace

Color mixed(Color a, Color b, double share) {
  const auto one = [&](double x, double y) { return x + (y - x) * share; };
  return {one(a.red, b.red), one(a.green, b.green), one(a.blue, b.blue)};
}

StageLook stage_look(const DiagramBox& box, const Theme& theme, Stage::Kind kind) {
  if (box.title.ends_with("oftmax")) return {rgb(0xd9c2ea), rgb(0x6b3fa0)};
  if (kind == Stage::Kind::upwards) return {rgb(0xbfe0e6), rgb(0x1b7a8c)};
  const BoxLook look = theme.look(box);
  const double strength = box.category == Category::activation ? 2.6 : box.category ? 1.35 : 1;
  return {stronger(look.fill, strength), look.line};
}

std::string band_name(const DiagramBox& box) {
  static const std::map<std::string, std::string> names = {
      {"relu", "ReLU"},       {"tanh", "Tanh"},       {"sigmoid", "Sigmoid"}, {"gelu", "GELU"},
      {"softmax", "Softmax"}, {"dropout", "Dropout"}, {"silu", "SiLU"},       {"relu_", "ReLU"}};
  const auto at = names.find(box.title);
  return at == names.end() ? box.title : at->second;
}

double StageScale::between(double value, double most, double low, double high) {
  if (value <= 0) return (low + high) / 2;
  return low + (high - low) * std::min(1.0, value / std::max(most, 1.0));
}

StageScale scale_of(const Stages& stages) {
  StageScale scale;
  for (const Stage& stage : stages.stages) {
    if (stage.map.kind == FeatureMap::Kind::none) continue;
    for (double extent : stage.map.sizes) scale.extent = std::max(scale.extent, extent);
    double& most = stage.map.sizes.empty() ? scale.features : scale.channels;
    most = std::max(most, stage.map.channels);
  }
  return scale;
}

double Captions::below(const std::string& text, double x, double y, bool bold) {
  if (text.empty()) return y;
  const Size size = measure_.measure(text, style(bold));
  add(text, x, y, bold, size);
  return y + size.height;
}

double Captions::above(const std::string& text, double x, double y, bool bold) {
  if (text.empty()) return y;
  const Size size = measure_.measure(text, style(bold));
  add(text, x, y - size.height, bold, size);
  return y - size.height;
}

void Captions::add(const std::string& text, double x, double y, bool bold, Size size) {
  drawing_.texts.push_back({text,
                            style(bold),
                            bold ? theme_.text : theme_.quiet,
                            {x - size.width / 2, y, size.width, size.height}});
}

void set_texts_beside(Picture& drawing) {
  std::map<double, std::vector<PictureText*>> rows;
  for (PictureText& text : drawing.texts)
    if (!text.inside) rows[text.at.y].push_back(&text);
  const Rect shapes = shapes_of(drawing);
  double height = 0;
  for (const auto& [y, row] : rows) height += row[0]->at.height;
  double y = shapes.middle().y - height / 2;
  for (const auto& [before, row] : rows) {
    double x = shapes.right() + 4;
    for (PictureText* text : row) {
      text->at.x = x;
      text->at.y = y;
      x = text->at.right() + 3;
    }
    y += row[0]->at.height;
  }
}

Piece text_piece(const Diagram& diagram, int index, const Stage& stage, const Theme& theme,
                 TextMeasure& measure) {
  const DiagramBox& box = diagram.boxes[stage.box];
  const BoxLook look = theme.look(box);
  Piece piece{.stages = {index}};
  Size size{0, 2 * theme.padding_y};
  const std::vector<TextLine> lines = lines_of(box, theme, measure);
  for (const TextLine& line : lines) {
    size.width = std::max(size.width, line.size.width + 2 * theme.padding_x);
    size.height += line.size.height;
  }
  const Point low{-size.width / 2, -size.height / 2}, high{size.width / 2, size.height / 2};
  Stroke stroke{look.line, look.line_width, look.dashes};
  piece.drawing.shapes.push_back({PictureShape::Form::rounded, {low, high}, look.fill, stroke, theme.corner});
  double y = low.y + theme.padding_y;
  for (const TextLine& line : lines) {
    double x = -line.size.width / 2;
    for (const TextLine::Run& run : line.runs) {
      const Size own = measure.measure(run.text, run.style);
      piece.drawing.texts.push_back({run.text,
                                     run.style,
                                     run.color,
                                     {x, y + (line.size.height - own.height) * 0.8, own.width, own.height},
                                     -1,
                                     true});
      x += own.width + kBetweenTexts;
    }
    y += line.size.height;
  }
  if (stage.kind == Stage::Kind::input || stage.kind == Stage::Kind::folded || !(stage.map == stage.from))
    Captions(piece.drawing, theme, measure).below(map_text(stage.map), 0, high.y + 2);
  piece.tops[index] = {low.x + 4, high.x - 4, low.y};
  return piece;
}

Piece symbol_piece(const Diagram& diagram, int index, const Stage& stage, const Theme& theme,
                   TextMeasure& measure) {
  Piece piece{.stages = {index}, .open_sides = stage.extras.empty()};
  double radius = 6.5 + 2.2 * static_cast<double>(stage.bands.size());
  const auto circle = [&](double r, Color fill, Color line) {
    piece.drawing.shapes.push_back(
        {PictureShape::Form::ellipse, {{-r, -r}, {r, r}}, fill, Stroke{line, theme.line_width}});
  };
  piece.tops[index] = {-1, 1, -radius};
  for (size_t i = stage.bands.size(); i-- > 0; radius -= 2.2) {
    const StageLook look = stage_look(diagram.boxes[stage.bands[i]], theme, Stage::Kind::band);
    circle(radius, look.fill, look.line);
  }
  circle(radius, rgb(0xffffff), theme.line);
  const TextStyle style{9, true};
  const std::string& text = diagram.boxes[stage.box].symbol;
  const Size size = measure.measure(text, style);
  piece.drawing.texts.push_back(
      {text, style, theme.text, {-size.width / 2, -size.height / 2, size.width, size.height}, -1, true});
  double y = -piece.tops[index].y + 1.5;
  for (const std::string& extra : stage.extras)
    y = Captions(piece.drawing, theme, measure).below(extra, 0, y);
  return piece;
}

}  // namespace orrery
