#include <cmath>
#include <set>

#include "renderers/styles/box.h"
#include "renderers/styles/box_lines.h"

namespace orrery {
namespace {

constexpr double kStep = 2.5;  // between the cards of a stack

class Drawing {
 public:
  Drawing(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme, TextMeasure& measure, Painter& painter)
      : diagram_(diagram), sketch_(sketch), theme_(theme), measure_(measure), painter_(painter) {}

  void draw() {
    for (size_t i = 1; i < diagram_.boxes.size(); ++i)
      if (sketch_.boxes[i].frame) draw_frame(i);
    for (size_t i = 0; i < diagram_.values.size(); ++i) draw_value(i);
    for (size_t i = 1; i < diagram_.boxes.size(); ++i)
      if (!sketch_.boxes[i].frame) draw_leaf(i);
    for (size_t i = 0; i < diagram_.values.size(); ++i) draw_label(i);
  }

 private:
  std::optional<Stroke> marked(const DiagramBox& box) const {
    if (!box.errors.empty()) return Stroke{theme_.error, 1.8};
    if (!box.warnings.empty()) return Stroke{theme_.warning, 1.6};
    return {};
  }

  int depth(size_t box) const {
    int depth = 0;
    for (int parent = diagram_.boxes[box].parent; parent > 0; parent = diagram_.boxes[parent].parent) ++depth;
    return depth;
  }

  void draw_frame(size_t index) {
    const DiagramBox& box = diagram_.boxes[index];
    const layout::SketchBox& place = sketch_.boxes[index];
    const Stroke stroke = marked(box).value_or(Stroke{theme_.frame_line, 0.6});
    painter_.draw(Outline::rounded(place.at, theme_.corner + 1.5), depth(index) % 2 ? theme_.odd_frame : theme_.even_frame,
                  stroke);
    painter_.text(box.title, theme_.frame_title, theme_.quiet, {place.title_at.x, place.title_at.y + theme_.padding_y * 0.7});
  }

  Outline outline(const Rect& r, BoxShape shape, const DiagramBox& box) const {
    switch (shape) {
      case BoxShape::pill: return Outline::rounded(r, r.height / 2);
      case BoxShape::circle: return Outline::ellipse(r);
      case BoxShape::square: return Outline::rounded(r, 0.5);
      case BoxShape::funnel: return funnel(r, diagram_.boxes[box.parent].direction);
      default: return Outline::rounded(r, theme_.corner);
    }
  }

  // Narrow where the data leave.
  static Outline funnel(const Rect& r, Direction direction) {
    const double cut = std::min({5.0, r.width / 6, r.height / 3});
    switch (direction) {
      case Direction::south:
        return Outline::polygon({{r.x, r.y}, {r.right(), r.y}, {r.right() - cut, r.bottom()}, {r.x + cut, r.bottom()}});
      case Direction::north:
        return Outline::polygon({{r.x + cut, r.y}, {r.right() - cut, r.y}, {r.right(), r.bottom()}, {r.x, r.bottom()}});
      case Direction::east:
        return Outline::polygon({{r.x, r.y}, {r.right(), r.y + cut}, {r.right(), r.bottom() - cut}, {r.x, r.bottom()}});
      default:
        return Outline::polygon({{r.x, r.y + cut}, {r.right(), r.y}, {r.right(), r.bottom()}, {r.x, r.bottom() - cut}});
    }
  }

  void draw_leaf(size_t index) {
    const DiagramBox& box = diagram_.boxes[index];
    const Rect& at = sketch_.boxes[index].at;
    const BoxLook look = theme_.look(box);
    const Stroke own{look.line, look.line_width, look.dashes};
    Rect front = at;
    if (look.shape == BoxShape::stack) front = draw_cards(at, look, own);
    painter_.draw(outline(front, look.shape, box), look.fill, marked(box).value_or(own));
    const std::vector<TextLine> lines = lines_of(box, theme_, measure_);
    double height = 0;
    for (const TextLine& line : lines) height += line.size.height;
    double y = front.y + (front.height - height) / 2;
    for (const TextLine& line : lines) {
      draw_line(line, front.x + (front.width - line.size.width) / 2, y);
      y += line.size.height;
    }
  }

  // The cards behind peep out at the sides, so that lines still meet the box's upper and lower border.
  Rect draw_cards(const Rect& at, const BoxLook& look, const Stroke& stroke) {
    painter_.draw(Outline::rounded({at.x, at.y + 2 * kStep, at.width, at.height - 4 * kStep}, theme_.corner), look.fill, stroke);
    painter_.draw(Outline::rounded({at.x + kStep, at.y + kStep, at.width - 2 * kStep, at.height - 2 * kStep}, theme_.corner),
                  look.fill, stroke);
    return {at.x + 2 * kStep, at.y, at.width - 4 * kStep, at.height};
  }

  void draw_line(const TextLine& line, double x, double y) {
    for (const TextLine::Run& run : line.runs) {
      const Size size = measure_.measure(run.text, run.style);
      // Baselines meet: DejaVu's ascent is the larger part of a line.
      painter_.text(run.text, run.style, run.color, {x, y + (line.size.height - size.height) * 0.8});
      x += size.width + kBetweenTexts;
    }
  }

  // The lines of one value share their beginning; each further one is drawn from where it leaves those
  // before, with a dot there.
  void draw_value(size_t index) {
    const layout::Net& net = sketch_.nets[index];
    std::vector<const std::vector<Point>*> drawn;
    for (const layout::Sink& sink : net.sinks) {
      std::vector<Point> rest = sink.path;
      bool branches = false;
      for (const auto* before : drawn) branches = cut_common(rest, sink.path, *before) || branches;
      drawn.push_back(&sink.path);
      if (rest.size() < 2) continue;
      if (branches) dot(rest.front());
      painter_.draw(Outline::rounded_polyline(rest, theme_.corner), {}, Stroke{theme_.line, theme_.line_width});
      arrow(sink.path[sink.path.size() - 2], sink.path.back());
    }
  }

  // Shortens `rest` (a tail of `path`) to what is not on `before`.
  static bool cut_common(std::vector<Point>& rest, const std::vector<Point>& path, const std::vector<Point>& before) {
    size_t same = 0;
    while (same < path.size() && same < before.size() && path[same] == before[same]) ++same;
    if (same == 0 || same == path.size()) return false;
    // Both go on from path[same − 1]; on one line they share the shorter way.
    const Point corner = path[same - 1], a = path[same], b = same < before.size() ? before[same] : corner;
    const Point leave = shared_end(corner, a, b);
    std::vector<Point> tail{leave};
    tail.insert(tail.end(), path.begin() + static_cast<long>(same), path.end());
    if (tail.size() > 1 && tail[0] == tail[1]) tail.erase(tail.begin());
    if (tail.size() < rest.size() || (tail.size() == rest.size() && tail[0] != path[0])) {
      rest = tail;
      return true;
    }
    return false;
  }

  static Point shared_end(Point from, Point a, Point b) {
    const auto part = [](double f, double x, double y) {
      if ((x - f) * (y - f) <= 0) return f;
      return std::abs(x - f) < std::abs(y - f) ? x : y;
    };
    if (a.x == from.x && b.x == from.x) return {from.x, part(from.y, a.y, b.y)};
    if (a.y == from.y && b.y == from.y) return {part(from.x, a.x, b.x), from.y};
    return from;
  }

  void dot(Point at) {
    const double r = 1.5;
    painter_.draw(Outline::ellipse({at.x - r, at.y - r, 2 * r, 2 * r}), theme_.line, {});
  }

  void arrow(Point from, Point tip) {
    const double length = 4.2, half = 1.7;
    const double size = std::hypot(tip.x - from.x, tip.y - from.y);
    const double dx = (tip.x - from.x) / size, dy = (tip.y - from.y) / size;
    const Point base{tip.x - dx * length, tip.y - dy * length};
    painter_.draw(Outline::polygon({tip, {base.x - dy * half, base.y + dx * half}, {base.x + dy * half, base.y - dx * half}}),
                  theme_.line, {});
  }

  void draw_label(size_t index) {
    if (diagram_.values[index].label.empty()) return;
    const Rect& at = sketch_.nets[index].label_at;
    painter_.text(diagram_.values[index].label, theme_.shape, theme_.quiet, {at.x, at.y});
  }

  const Diagram& diagram_;
  const layout::Sketch& sketch_;
  const Theme& theme_;
  TextMeasure& measure_;
  Painter& painter_;
};

}  // namespace

void draw_boxes(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme, TextMeasure& measure,
                Painter& painter) {
  Drawing(diagram, sketch, theme, measure, painter).draw();
}

}  // namespace orrery
