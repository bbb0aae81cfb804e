#include "renderers/styles/theme.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "renderers/styles/palettes.h"
#include "renderers/viridis.h"

namespace orrery {
namespace {

BoxRole role_of(Category category) {
  switch (category) {
    case Category::convolution: return BoxRole::convolution;
    case Category::linear:
    case Category::sparse:
    case Category::recurrent:
    case Category::attention: return BoxRole::linear;
    case Category::matrix:
    case Category::linalg:
    case Category::spectral: return BoxRole::matrix;
    case Category::normalization: return BoxRole::normalization;
    case Category::pooling: return BoxRole::pooling;
    case Category::reduction:
    case Category::sorting: return BoxRole::reduction;
    case Category::activation: return BoxRole::activation;
    case Category::dropout:
    case Category::random: return BoxRole::dropout;
    case Category::loss:
    case Category::distance: return BoxRole::loss;
    case Category::arithmetic:
    case Category::elementwise:
    case Category::comparison:
    case Category::own: return BoxRole::arithmetic;
    case Category::creation:
    case Category::shape:
    case Category::indexing:
    case Category::padding:
    case Category::vision: return BoxRole::shape;
  }
  return BoxRole::arithmetic;
}

// Outline, width of the line, dashes and mark: the same in all themes.
BoxLook bare_look(BoxRole role) {
  switch (role) {
    case BoxRole::input: return {.shape = BoxShape::rounded, .line_width = 1.5};
    case BoxRole::label: return {.shape = BoxShape::rounded, .line_width = 1.2, .dashes = {4, 2}};
    case BoxRole::convolution: return {.shape = BoxShape::rounded, .mark = BoxMark::slanted};
    case BoxRole::linear: return {.shape = BoxShape::rounded, .mark = BoxMark::upright};
    case BoxRole::matrix: return {.shape = BoxShape::rounded, .mark = BoxMark::crossed};
    case BoxRole::normalization: return {.shape = BoxShape::rounded, .mark = BoxMark::level};
    case BoxRole::activation:
    case BoxRole::arithmetic: return {.shape = BoxShape::pill};
    case BoxRole::pooling:
    case BoxRole::reduction: return {.shape = BoxShape::funnel};
    case BoxRole::dropout: return {.shape = BoxShape::pill, .dashes = {2, 1.5}};
    case BoxRole::shape: return {.shape = BoxShape::square};
    case BoxRole::loss: return {.shape = BoxShape::rounded};
    case BoxRole::parameter:
    case BoxRole::constant: return {.shape = BoxShape::square, .dashes = {1.2, 1.5}};
    case BoxRole::folded: return {.shape = BoxShape::twofold};
    case BoxRole::output: return {.shape = BoxShape::pill, .line_width = 1.5};
    case BoxRole::governor: return {.shape = BoxShape::square, .line_width = 1.2};
  }
  return {};
}

Color mixed(Color a, Color b, double part) {
  return {a.red + (b.red - a.red) * part, a.green + (b.green - a.green) * part,
          a.blue + (b.blue - a.blue) * part};
}

// Relative luminance tells whether black or white is read better (WCAG 2, 1.4.3).
double luminance(Color c) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

Color readable_on(Color fill) { return luminance(fill) > 0.18 ? rgb(0x000000) : rgb(0xffffff); }

}  // namespace

BoxRole role_of(const DiagramBox& box) {
  using Kind = DiagramBox::Kind;
  switch (box.kind) {
    case Kind::frame:
    case Kind::folded: return BoxRole::folded;
    case Kind::input: return BoxRole::input;
    case Kind::label: return BoxRole::label;
    case Kind::output: return BoxRole::output;
    case Kind::governor: return BoxRole::governor;
    case Kind::constant: return BoxRole::constant;
    case Kind::parameter: return BoxRole::parameter;
    default: return box.category ? role_of(*box.category) : BoxRole::arithmetic;
  }
}

const char* change_mark(GraphDiff::Kind change) {
  static constexpr std::array kMarks = {"", "+", "−", "~"};  // as GraphDiff::Kind
  return kMarks[static_cast<size_t>(change)];
}

Theme::Theme() { paint_light(*this); }

BoxLook Theme::look_of(BoxRole role) const {
  BoxLook look = bare_look(role);
  if (!marks) look.mark = BoxMark::none;
  const Paint& paint = paints.at(role);
  look.fill = paint.fill;
  look.line = paint.line;
  look.text = paint.text;
  return look;
}

BoxLook Theme::look(const DiagramBox& box) const {
  BoxLook look = look_of(role_of(box));
  // A finding's code has no room in a circle, nor has an amount or a tag.
  const bool changed = box.change != GraphDiff::Kind::same;
  if (!box.symbol.empty() && box.errors.empty() && box.warnings.empty() && box.amount.empty() && !changed &&
      box.tag.empty())
    look.shape = BoxShape::circle;
  if (box.time == DiagramBox::Time::gap)
    return {.fill = odd_frame, .line = frame_line, .text = quiet, .dashes = {1.2, 1.5}};
  const bool own = !box.fill.empty() && !box.heat;
  if (box.tone == DiagramBox::kByKind && !own) return look;
  Paint paint = own ? own_paint(box) : box.tone >= 0 ? tone(box.tone) : neutral;
  if (changed) {
    paint = changes.at(box.change);
    look.line_width = 1.6;
    look.dashes = box.change == GraphDiff::Kind::removed ? std::vector{4.0, 2.5} : std::vector<double>();
  }
  if (box.heat) {
    const Color fill = heat_at(*box.heat, box.delta);
    paint = {fill, changed ? paint.line : mixed(fill, text, 0.5), readable_on(fill)};
  }
  look.fill = paint.fill;
  look.line = paint.line;
  look.text = paint.text;
  // Strokes tell kinds, which nothing explains where colours tell something else.
  look.mark = box.tone >= 0 && !box.heat && !own ? tone_mark(box.tone) : BoxMark::none;
  return look;
}

// Its border is the same colour, darker.
Paint Theme::own_paint(const DiagramBox& box) const {
  const Color fill = color_from_text(box.fill, "the colour of " + box.path);
  return {fill, mixed(fill, rgb(0x000000), 0.45), readable_on(fill)};
}

Paint Theme::frame(const DiagramBox& box, int depth) const {
  Paint paint{depth % 2 ? odd_frame : even_frame, frame_line, quiet};
  if (box.change != GraphDiff::Kind::same)
    paint = {mixed(background, changes.at(box.change).fill, 0.5), changes.at(box.change).line, text};
  if (box.heat && box.delta) {  // pale, since labels of lines stand in it; its border is as the legend's bar
    paint.line = heat_at(*box.heat, true);
    paint.fill = mixed(background, paint.line, 0.3);
    paint.text = text;
  } else if (box.heat) {
    paint.fill = heat_at(*box.heat);
    paint.text = readable_on(paint.fill);
  } else if (!box.fill.empty()) {
    paint = own_paint(box);
  } else if (box.tone >= 0) {
    paint.fill = mixed(background, tone(box.tone).fill, 0.6);
    paint.line = tone(box.tone).line;
  }
  return paint;
}

Color Theme::heat_at(double amount, bool of_delta) const { return color_at(of_delta ? delta : heat, amount); }

Stroke Theme::line_of(const DiagramValue& value, GraphDiff::Kind change) const {
  constexpr double kThinnest = 0.5, kThickest = 4;
  Stroke stroke{line, value.weight ? kThinnest + *value.weight * (kThickest - kThinnest) : line_width};
  if (change == GraphDiff::Kind::same) return stroke;
  stroke.color = changes.at(change).line;
  stroke.width = std::max(stroke.width, 1.4);
  if (change == GraphDiff::Kind::removed) stroke.dashes = {4, 2.5};
  return stroke;
}

Paint Theme::tone(int tone) const { return tones[static_cast<size_t>(tone) % tones.size()]; }

BoxMark Theme::tone_mark(int tone) const {
  static constexpr std::array kMarks = {BoxMark::none, BoxMark::slanted, BoxMark::upright, BoxMark::level,
                                        BoxMark::crossed};
  return kMarks[static_cast<size_t>(tone) / tones.size() % kMarks.size()];
}

}  // namespace orrery
