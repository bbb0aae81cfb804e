#include "renderers/styles/legend.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "renderers/diagram/plain_text.h"
#include "renderers/styles/box_lines.h"
#include "renderers/styles/box_shapes.h"

namespace orrery {
namespace {

constexpr Size kSwatch{16, 9};
constexpr double kGap = 4;           // between a swatch and its text
constexpr double kBetween = 12;      // between keys
constexpr double kLegendMargin = 8;  // around all
constexpr Size kBar{120, 7};
constexpr size_t kLongestCaption = 2000;

}  // namespace

Legend::Legend(const Diagram& diagram, const Theme& theme, TextMeasure& measure, const Wish& wish,
               double width)
    : theme_(theme), measure_(measure) {
  const double inside = width - 2 * kLegendMargin;
  if (diagram.diff) add_diff(*diagram.diff);
  if (diagram.heat) add_heat(*diagram.heat);
  if (diagram.widths) add_widths(diagram);
  add_tones(diagram);
  add_helpers(diagram);
  if (wish.keys) add_roles(diagram);
  flow(std::move(keys_), inside);
  add_notes(diagram, inside);
  if (!wish.caption.empty()) add_caption(wish.caption, inside);
  if (!placed_.empty()) size_ = {size_.width + 2 * kLegendMargin, size_.height + kLegendMargin};
}

void Legend::draw(Painter& painter, Point at) const {
  for (const auto& [place, piece] : placed_) piece.draw(painter, place + at + Point{kLegendMargin, 0});
}

Legend::Piece Legend::key(const BoxLook& look, const std::string& text, bool stacked) {
  const Size size = measure_.measure(text, theme_.caption);
  const double height = std::max(size.height, kSwatch.height);
  const auto draw = [this, look, text, size, height, stacked](Painter& painter, Point at) {
    const Rect swatch{at.x, at.y + (height - kSwatch.height) / 2, kSwatch.width, kSwatch.height};
    if (stacked) painter.draw(Outline::rounded(swatch.moved({2, -2}), 2), look.fill, Stroke{look.line, 0.6});
    draw_outline(painter, swatch, look, Direction::south);
    painter.text(text, theme_.caption, theme_.quiet,
                 {at.x + kSwatch.width + kGap, at.y + (height - size.height) / 2});
  };
  return {{kSwatch.width + kGap + size.width, height + 3}, draw};
}

void Legend::add_roles(const Diagram& diagram) {
  std::set<BoxRole> roles;
  bool repeats = false, shared = false;
  for (const DiagramBox& box : diagram.boxes) {
    if (box.kind != DiagramBox::Kind::frame && !box.heat && box.tone == DiagramBox::kByKind)
      roles.insert(role_of(box));
    repeats = repeats || (box.repeat > 1 && !box.shared);
    shared = shared || (box.repeat > 1 && box.shared);
  }
  for (BoxRole role : roles) keys_.push_back(key(theme_.look_of(role), role_meaning(role)));
  BoxLook stack;
  stack.fill = theme_.even_frame;
  stack.line = theme_.frame_line;
  if (repeats) keys_.push_back(key(stack, "×N: N such blocks in a row", true));
  if (shared) keys_.push_back(key(stack, "shared ×N: N times with the same weights", true));
}

void Legend::add_tones(const Diagram& diagram) {
  if (!diagram.no_tones.empty()) {
    BoxLook grey;
    grey.fill = theme_.neutral.fill;
    grey.line = theme_.neutral.line;
    keys_.push_back(key(grey, diagram.no_tones));
  }
  for (size_t i = 0; i < diagram.tones.size(); ++i) {
    const Paint paint = theme_.tone(static_cast<int>(i));
    BoxLook look;
    look.fill = paint.fill;
    look.line = paint.line;
    look.mark = theme_.tone_mark(static_cast<int>(i));
    keys_.push_back(key(look, plain_text(diagram.tones[i], 80)));
  }
}

// What is put aside: its mark as it stands in the drawing, what it is, and how often it is marked.
void Legend::add_helpers(const Diagram& diagram) {
  for (const Helper& helper : diagram.helpers) {
    const DiagramBox& box = helper.box;
    std::string text = box.title;
    for (const std::string& more : {box.note, helper.shape, box.detail})
      if (!more.empty() && more != box.title) text += "  " + more;
    text +=
        helper.neighbours == 1 ? "  (at 1 box)" : "  (at " + std::to_string(helper.neighbours) + " boxes)";
    BoxLook look = theme_.look_of(role_of(box));
    look.shape = BoxShape::circle;
    const Size size = measure_.measure(text, theme_.caption);
    const Size letter = measure_.measure(helper.letter, theme_.symbol);
    const double height = std::max(size.height, theme_.circle);
    const auto draw = [=, this, mark = helper.letter](Painter& painter, Point at) {
      const Rect circle{at.x, at.y + (height - theme_.circle) / 2, theme_.circle, theme_.circle};
      draw_outline(painter, circle, look, Direction::south);
      painter.text(mark, theme_.symbol, look.text,
                   {circle.middle().x - letter.width / 2, circle.middle().y - letter.height / 2});
      painter.text(text, theme_.caption, theme_.quiet,
                   {at.x + theme_.circle + kGap, at.y + (height - size.height) / 2});
    };
    keys_.push_back({{theme_.circle + kGap + size.width, height + 3}, draw});
  }
}

// How many of which kind; nothing is said of what there is none of.
void Legend::add_diff(const DiffLegend& diff) {
  const std::vector<std::tuple<GraphDiff::Kind, int, const char*>> kinds = {
      {GraphDiff::Kind::added, diff.added, "added"},
      {GraphDiff::Kind::removed, diff.removed, "removed"},
      {GraphDiff::Kind::changed, diff.changed, "changed"},
      {GraphDiff::Kind::same, diff.same, "the same"}};
  for (const auto& [kind, count, words] : kinds) {
    if (count == 0) continue;
    BoxLook look = theme_.look(DiagramBox{.tone = DiagramBox::kNeutral, .change = kind});
    look.shape = BoxShape::rounded;
    const std::string mark = change_mark(kind);
    keys_.push_back(key(look, (mark.empty() ? "" : mark + "  ") + std::to_string(count) + " " + words));
  }
}

// Strokes as wide as the smallest tensor, the largest, and one between.
void Legend::add_widths(const Diagram& diagram) {
  constexpr double kLength = 22;
  const HeatLegend widths = *diagram.widths;
  const Size title = measure_.measure(widths.title, theme_.caption);
  const Size text = measure_.measure("0", theme_.detail);
  double wide = 0;
  for (const HeatLegend::Tick& tick : widths.ticks)
    wide += kLength + kGap + measure_.measure(tick.text, theme_.detail).width + kBetween;
  const auto draw = [this, widths, title, text](Painter& painter, Point at) {
    painter.text(widths.title, theme_.caption, theme_.text, at);
    double x = at.x;
    const double y = at.y + title.height + 3;
    for (const HeatLegend::Tick& tick : widths.ticks) {
      const Stroke stroke = theme_.line_of({.weight = tick.at}, GraphDiff::Kind::same);
      painter.draw(Outline::polyline({{x, y + text.height / 2}, {x + kLength, y + text.height / 2}}), {},
                   stroke);
      painter.text(tick.text, theme_.detail, theme_.quiet, {x + kLength + kGap, y});
      x += kLength + kGap + measure_.measure(tick.text, theme_.detail).width + kBetween;
    }
  };
  keys_.push_back({{std::max(title.width, wide), title.height + text.height + 8}, draw});
}

// The title over a bar, which is a row of narrow rectangles so that every format shows the same. Each reaches
// to the bar's end, under those after it: edge beside edge would show the paper between them.
void Legend::add_heat(const HeatLegend& heat) {
  const std::string title = plain_text(heat.title, 100);
  const Size size = measure_.measure(title, theme_.caption);
  const bool empty = heat.ticks.empty();
  const std::string nothing = "nothing of it is known for what is drawn";
  const double under = measure_.measure("0", theme_.detail).height;
  const auto draw = [=, this](Painter& painter, Point at) {
    painter.text(title, theme_.caption, theme_.text, at);
    const Point bar{at.x, at.y + size.height + 2};
    if (empty) return painter.text(nothing, theme_.detail, theme_.quiet, bar);
    constexpr int kSteps = 60;
    for (int i = 0; i < kSteps; ++i)
      painter.draw(Outline::polygon({{bar.x + kBar.width * i / kSteps, bar.y},
                                     {bar.x + kBar.width, bar.y},
                                     {bar.x + kBar.width, bar.y + kBar.height},
                                     {bar.x + kBar.width * i / kSteps, bar.y + kBar.height}}),
                   theme_.heat_at((i + 0.5) / kSteps, heat.delta), {});
    painter.draw(Outline::rounded({bar.x, bar.y, kBar.width, kBar.height}, 0), {},
                 Stroke{theme_.frame_line, 0.5});
    for (const HeatLegend::Tick& tick : heat.ticks) {
      const double width = measure_.measure(tick.text, theme_.detail).width;
      painter.text(tick.text, theme_.detail, theme_.quiet,
                   {bar.x + tick.at * (kBar.width - width), bar.y + kBar.height + 1});
    }
  };
  keys_.push_back(
      {{std::max({size.width, kBar.width, measure_.measure(nothing, theme_.detail).width * empty}),
        size.height + kBar.height + under + 7},
       draw});
}

void Legend::flow(std::vector<Piece> pieces, double width) {
  double x = 0, y = size_.height, row = 0;
  for (Piece& piece : pieces) {
    if (x > 0 && x + piece.size.width > width) {
      x = 0;
      y += row;
      row = 0;
    }
    size_.width = std::max(size_.width, x + piece.size.width);
    row = std::max(row, piece.size.height);
    const Point at{x, y};
    x += piece.size.width + kBetween;
    placed_.emplace_back(at, std::move(piece));
  }
  size_.height = y + row;
}

// What has no box, or one whose title has no room for it.
void Legend::add_notes(const Diagram& diagram, double width) {
  std::vector<FindingNote> notes = diagram.notes;
  for (const DiagramBox& box : diagram.boxes)
    if (box.kind == DiagramBox::Kind::frame) notes.insert(notes.end(), box.notes.begin(), box.notes.end());
  if (!notes.empty() && size_.height > 0) size_.height += 4;
  for (const FindingNote& note : notes)
    add_text(note.code + " " + note.place + ": " + note.path + (note.path.empty() ? "" : " ") + note.text,
             note.error ? theme_.error : theme_.warning, width);
}

void Legend::add_caption(const std::string& caption, double width) {
  if (size_.height > 0) size_.height += 4;
  add_text(plain_text(caption, kLongestCaption), theme_.text, width);
}

void Legend::add_text(const std::string& text, Color color, double width) {
  for (const std::string& line : broken(text, theme_.caption, width, measure_)) {
    const Size size = measure_.measure(line, theme_.caption);
    const auto draw = [this, line, color](Painter& painter, Point at) {
      painter.text(line, theme_.caption, color, at);
    };
    placed_.push_back({{0, size_.height}, {size, draw}});
    size_ = {std::max(size_.width, size.width), size_.height + size.height};
  }
}

}  // namespace orrery
