#include "renderers/stages/stage_marks.h"

#include <algorithm>
#include <map>

#include "renderers/styles/box_lines.h"

namespace orrery {
namespace {

// The fills of boxes lie behind texts and are near to the background.
Color stronger(Color color, Color background, double by) {
  const auto one = [&](double part, double ground) {
    return std::clamp(ground + (part - ground) * by, 0.0, 1.0);
  };
  return {one(color.red, background.red), one(color.green, background.green),
          one(color.blue, background.blue)};
}

// Where a theme has no colours, kinds that stand close together differ in lightness.
std::optional<Color> grey_of(const DiagramBox& box, Stage::Kind kind) {
  if (box.title.ends_with("oftmax")) return rgb(0x4c4c4c);
  if (kind == Stage::Kind::upwards) return rgb(0xd4d4d4);
  if (!box.category) return {};
  switch (*box.category) {
    case Category::convolution: return rgb(0xececec);
    case Category::normalization: return rgb(0xbdbdbd);
    case Category::activation: return rgb(0x8f8f8f);
    case Category::pooling: return rgb(0x6a6a6a);
    case Category::linear: return rgb(0xf8f8f8);
    default: return {};
  }
}

StageLook look_of_kind(const DiagramBox& box, const Theme& theme, Stage::Kind kind) {
  const BoxLook look = theme.look(box);
  if (box.tone != DiagramBox::kByKind) return {look.fill, look.line};
  const bool light = theme.background == rgb(0xffffff);
  const bool coloured = light && look.fill.red != look.fill.blue;
  if (const auto grey = grey_of(box, kind); grey && light && !coloured) return {*grey, look.line};
  if (coloured && box.title.ends_with("oftmax")) return {rgb(0xd9c2ea), rgb(0x6b3fa0)};
  if (coloured && kind == Stage::Kind::upwards) return {rgb(0xbfe0e6), rgb(0x1b7a8c)};
  const double strength = box.category == Category::activation ? 2.6 : box.category ? 1.35 : 1;
  return {stronger(look.fill, theme.background, strength), look.line};
}

}  // namespace

Color mixed(Color a, Color b, double share) {
  const auto one = [&](double x, double y) { return x + (y - x) * share; };
  return {one(a.red, b.red), one(a.green, b.green), one(a.blue, b.blue)};
}

StageLook stage_look(const DiagramBox& box, const Theme& theme, Stage::Kind kind) {
  StageLook look = look_of_kind(box, theme, kind);
  if (!box.warnings.empty()) look.line = theme.warning, look.width = 1.4;
  if (!box.errors.empty()) look.line = theme.error, look.width = 1.6;
  return look;
}

Stroke StageLook::stroke(const Color& around) const {
  return {width > 0.5 ? line : mixed(line, around, 0.25), width};
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

double Captions::notes(const Stage& stage, double x, double y) {
  for (const std::string& text : stage.notes) y = line(text, x, y, theme_.quiet);
  for (const std::string& text : stage.errors) y = line(text, x, y, theme_.error);
  for (const std::string& text : stage.warnings) y = line(text, x, y, theme_.warning);
  return y;
}

void Captions::at(const std::string& text, Point at) {
  const Size size = measure_.measure(text, style(false));
  drawing_.texts.push_back({text, style(false), theme_.quiet, {at.x, at.y, size.width, size.height}});
}

double Captions::line(const std::string& text, double x, double y, Color color) {
  const double next = below(text, x, y);
  if (!text.empty()) drawing_.texts.back().color = color;
  return next;
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
  BoxLook look = theme.look(box);
  if (const StageLook marked = stage_look(box, theme, stage.kind); marked.width > 0.5)
    look.line = marked.line, look.line_width = marked.width, look.dashes = {};
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
  Piece piece{.stages = {index}, .open_sides = stage.extras.empty() && stage.notes.empty()};
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
  const DiagramBox& box = diagram.boxes[stage.box];
  const StageLook own = stage_look(box, theme, stage.kind);
  const bool plain = box.tone == DiagramBox::kByKind;
  circle(radius, plain ? theme.background : own.fill, own.width > 0.5 || !plain ? own.line : theme.line);
  const TextStyle style{9, true};
  const std::string& text = box.symbol;
  const Size size = measure.measure(text, style);
  piece.drawing.texts.push_back({text,
                                 style,
                                 plain ? theme.text : theme.look(box).text,
                                 {-size.width / 2, -size.height / 2, size.width, size.height},
                                 -1,
                                 true});
  double y = -piece.tops[index].y + 1.5;
  Captions captions(piece.drawing, theme, measure);
  for (const std::string& extra : stage.extras) y = captions.below(extra, 0, y);
  captions.notes(stage, 0, y);
  return piece;
}

}  // namespace orrery
