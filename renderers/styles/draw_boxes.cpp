#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "renderers/styles/box.h"
#include "renderers/styles/box_lines.h"
#include "renderers/styles/box_shapes.h"
#include "renderers/styles/inset.h"
#include "renderers/styles/port_names.h"

namespace orrery {
namespace {

constexpr double kCopy = 2.2;  // between a repeated block and the next one of its stack

class Drawing {
 public:
  Drawing(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme, TextMeasure& measure,
          Painter& painter)
      : diagram_(diagram), sketch_(sketch), theme_(theme), measure_(measure), painter_(painter) {}

  void draw() {
    for (size_t i = 1; i < diagram_.boxes.size(); ++i)
      if (sketch_.boxes[i].frame) draw_frame(i);
    for (size_t i = 0; i < diagram_.values.size(); ++i) draw_value(i);
    for (size_t i = 1; i < diagram_.boxes.size(); ++i)
      if (!sketch_.boxes[i].frame) draw_leaf(i);
    for (size_t i = 0; i < diagram_.values.size(); ++i) draw_label(i);
    draw_port_names(diagram_, sketch_, theme_, measure_, painter_);
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

  // A repeated block lies on a stack of its like, of which more is seen above: below it stand labels.
  void draw_copies(const DiagramBox& box, const Rect& at, double corner) {
    if (box.repeat < 2) return;
    for (int copy = std::min(box.repeat, 3) - 1; copy > 0; --copy)
      painter_.draw(Outline::rounded(at.moved({kCopy * copy, -kCopy * copy}), corner), theme_.odd_frame,
                    Stroke{theme_.frame_line, 0.6});
  }

  void draw_frame(size_t index) {
    const DiagramBox& box = diagram_.boxes[index];
    const layout::SketchBox& place = sketch_.boxes[index];
    const Paint paint = theme_.frame(box, depth(index));
    if (box.time == DiagramBox::Time::line && box.title.empty()) return;
    draw_copies(box, place.at, theme_.corner + 1.5);
    painter_.draw(Outline::rounded(place.at, theme_.corner + 1.5), paint.fill,
                  marked(box).value_or(Stroke{paint.line, box.heat && box.delta ? 2.5 : 0.6}));
    const TextLine title = title_of(box, theme_, measure_);
    const double y = place.title_at.y + theme_.padding_y * 0.7;
    draw_line(title, place.title_at.x, y);
    draw_note(box, {place.title_at.x, y + title.size.height});
  }

  void draw_note(const DiagramBox& box, Point at) {
    for (const TextLine& line : note_of(box, theme_, measure_)) {
      draw_line(line, at.x, at.y);
      at.y += line.size.height;
    }
  }

  // A stroke as high as the note leads from the box to it.
  void draw_note_beside(const DiagramBox& box, const Rect& at, Direction flow) {
    const Size note = size_of(note_of(box, theme_, measure_));
    if (note.height == 0) return;
    const Stroke stroke{at_opacity(theme_.quiet, 0.6), 0.6};
    const double half = kBesideNote / 2;
    if (vertical(flow)) {
      const Point from{at.right() + kBesideNote, at.y + (at.height - note.height) / 2};
      painter_.draw(Outline::polyline({{from.x - half, from.y}, {from.x - half, from.y + note.height}}), {},
                    stroke);
      return draw_note(box, from);
    }
    const Point from{at.x + (at.width - note.width) / 2, at.bottom() + kBesideNote};
    painter_.draw(Outline::polyline({{from.x, from.y - half}, {from.x + note.width, from.y - half}}), {},
                  stroke);
    draw_note(box, from);
  }

  void draw_leaf(size_t index) {
    const DiagramBox& box = diagram_.boxes[index];
    const Rect& at = sketch_.boxes[index].at;
    draw_copies(box, at, theme_.corner);
    BoxLook look = theme_.look(box);
    if (const auto mark = marked(box))
      look.line = mark->color, look.line_width = mark->width, look.dashes = {};
    const Direction flow = diagram_.boxes[static_cast<size_t>(box.parent)].direction;
    draw_outline(painter_, at, look, flow);
    const std::vector<TextLine> lines = lines_of(box, theme_, measure_);
    const Size plots = insets_size(box, theme_, measure_);
    double y = at.y + (at.height - size_of(lines).height - plots.height) / 2;
    for (const TextLine& line : lines) {
      draw_line(line, at.x + (at.width - line.size.width) / 2, y);
      y += line.size.height;
    }
    draw_insets(box, {at.x, y, at.width, plots.height}, theme_, measure_, painter_);
    draw_note_beside(box, at, flow);
  }

  void draw_line(const TextLine& line, double x, double y) {
    for (const TextLine::Run& run : line.runs) {
      const Size size = size_of(run, measure_);
      // Baselines meet: DejaVu's ascent is the larger part of a line.
      const Point at{x, y + (line.size.height - size.height) * 0.8};
      if (run.disc)
        draw_letter(run, {at.x, at.y, size.width, size.height});
      else
        painter_.text(run.text, run.style, run.color, at);
      x += size.width + kBetweenTexts;
    }
  }

  void draw_letter(const TextLine::Run& run, const Rect& disc) {
    painter_.draw(Outline::rounded(disc, disc.height / 2), *run.disc, {});
    const TextStyle style = letter_style(run.style);
    const Size letter = measure_.measure(run.text, style);
    painter_.text(run.text, style, run.color,
                  {disc.middle().x - letter.width / 2, disc.middle().y - letter.height / 2});
  }

  // Where a line is seen: it ends at the copies that a repeated block lies on, which would cover its arrow.
  std::vector<Point> path_to(size_t value, size_t reader) const {
    std::vector<Point> path = sketch_.nets[value].sinks[reader].path;
    const auto box = static_cast<size_t>(sketch_.nets[value].sinks[reader].box);
    const int copies = std::min(diagram_.boxes[box].repeat, 3) - 1;
    if (copies < 1 || sketch_.boxes[box].frame || path.size() < 2) return path;
    const Point from = path[path.size() - 2];
    Point& tip = path.back();
    if (from.y < tip.y) tip.y = std::max(from.y, tip.y - kCopy * copies);
    if (from.x > tip.x) tip.x = std::min(from.x, tip.x + kCopy * copies);
    return path;
  }

  // The lines of one value share their beginning; each further one is drawn from where it leaves those
  // before, with a dot there. Straighter ones come first, so that others leave them.
  void draw_value(size_t index) {
    const DiagramValue& value = diagram_.values[index];
    struct Way {
      std::vector<Point> path;
      Stroke stroke;
      std::vector<Point> tail;
    };
    std::vector<Way> ways;
    for (size_t i = 0; i < value.readers.size(); ++i)
      if (!value.readers[i].later)
        ways.push_back({path_to(index, i), theme_.line_of(value, value.readers[i].change), {}});
    std::stable_sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
      return std::pair(a.stroke.dashes.size(), a.path.size()) <
             std::pair(b.stroke.dashes.size(), b.path.size());
    });
    std::vector<Point> forks;
    for (size_t i = 0; i < ways.size(); ++i) {
      std::vector<Point>& tail = ways[i].tail = ways[i].path;
      for (size_t k = 0; k < i; ++k) {
        std::vector<Point> other = tail_of(ways[i].path, ways[k].path);
        if (length(other) < length(tail)) tail = std::move(other);
      }
      if (tail.front() != ways[i].path.front()) forks.push_back(tail.front());
    }
    for (const Way& way : ways) {
      draw_tail(before_tip(way.tail, way.stroke), forks, way.stroke);
      point_back(way.tail, sketch_.nets[index].source);
    }
    for (const Point& fork : forks) dot(fork, ways.front().stroke);
    for (const Way& way : ways) arrow(way.path[way.path.size() - 2], way.path.back(), way.stroke);
    const auto& sinks = sketch_.nets[index].sinks;
    for (size_t i = 0; i < value.readers.size(); ++i)
      if (value.readers[i].faulty) draw_faulty(sinks[i].path);
    for (size_t i = 0; i < value.readers.size(); ++i)
      if (!value.readers[i].later) number_port(value.readers[i], sinks[i].path);
    for (size_t i = 0; i < value.readers.size(); ++i)
      if (value.readers[i].later) draw_later(value.readers[i], sinks[i]);
  }

  // What is handed on in time stands out from what flows in one step.
  Color later_line() const { return theme_.look_of(BoxRole::linear).line; }

  void draw_later(const DiagramReader& reader, const layout::Sink& sink) {
    const Stroke stroke{later_line(), 1.5 * theme_.line_width};
    painter_.draw(Outline::rounded_polyline(sink.path, theme_.corner), {}, stroke);
    arrow(sink.path[sink.path.size() - 2], sink.path.back(), stroke);
    if (sink.label_at.width > 0)
      painter_.text(reader.carried, theme_.shape, stroke.color, {sink.label_at.x, sink.label_at.y});
  }

  void draw_faulty(const std::vector<Point>& path) {
    const Stroke stroke{theme_.error, 1.8};
    painter_.draw(Outline::rounded_polyline(path, theme_.corner), {}, stroke);
    arrow(path[path.size() - 2], path.back(), stroke);
  }

  // `a − b` is not `b − a`: where a symbol stands for an operation whose operands may not change
  // places, the lines into it are numbered. The number stands where no label does: left of or below
  // the line.
  void number_port(const DiagramReader& reader, const std::vector<Point>& path) {
    static const std::set<std::string> commute = {"", "+", "×"};
    const DiagramBox& box = diagram_.boxes[reader.box];
    if (box.mark || commute.contains(box.symbol) || theme_.look(box).shape != BoxShape::circle) return;
    const std::string number = std::to_string(reader.port + 1);
    const Size size = measure_.measure(number, theme_.port);
    const Point from = path[path.size() - 2], tip = path.back();
    const double gap = 1.5;
    Point at{tip.x - gap - 1.7 - size.width, from.y < tip.y ? tip.y - gap - size.height : tip.y + gap};
    if (from.y == tip.y) at = {from.x < tip.x ? tip.x - gap - size.width : tip.x + gap, tip.y + gap};
    painter_.text(number, theme_.port, theme_.quiet, at);
  }

  // The blunt end of a wide line would stand out of its tip.
  static std::vector<Point> before_tip(std::vector<Point> path, const Stroke& stroke) {
    if (stroke.width < 1.5) return path;
    const Point from = path[path.size() - 2];
    Point& tip = path.back();
    const double size = std::hypot(tip.x - from.x, tip.y - from.y), back = std::min(3.5, size);
    if (size > 0) tip = {tip.x - (tip.x - from.x) / size * back, tip.y - (tip.y - from.y) / size * back};
    return path;
  }

  // Corners are round but where the line forks.
  void draw_tail(const std::vector<Point>& tail, const std::vector<Point>& forks, const Stroke& stroke) {
    std::vector<Point> part{tail.front()};
    for (size_t i = 1; i < tail.size(); ++i) {
      part.push_back(tail[i]);
      const bool fork = std::find(forks.begin(), forks.end(), tail[i]) != forks.end();
      if (!fork && i + 1 < tail.size()) continue;
      painter_.draw(Outline::rounded_polyline(part, theme_.corner), {}, stroke);
      part = {tail[i]};
    }
  }

  // Where a chain is broken its line goes back against the flow: an arrow on the way says so.
  void point_back(const std::vector<Point>& path, int source) {
    const double least = 40;  // shorter ways are seen at once
    const int frame = sketch_.boxes[static_cast<size_t>(source)].parent;
    const Direction direction = sketch_.boxes[0].direction;
    if (sketch_.boxes[static_cast<size_t>(frame)].direction != direction) return;
    const Point flow = unit(direction);
    for (size_t i = 1; i < path.size(); ++i) {
      const Point a = path[i - 1], b = path[i], way = b - a;
      if (way.x * flow.x + way.y * flow.y < -least)
        arrow(a, {(a.x + b.x) / 2, (a.y + b.y) / 2}, {theme_.line, theme_.line_width});
    }
  }

  static Point unit(Direction direction) {
    switch (direction) {
      case Direction::south: return {0, 1};
      case Direction::north: return {0, -1};
      case Direction::east: return {1, 0};
      case Direction::west: return {-1, 0};
    }
    return {};
  }

  static double length(const std::vector<Point>& path) {
    double sum = 0;
    for (size_t i = 1; i < path.size(); ++i)
      sum += std::abs(path[i].x - path[i - 1].x) + std::abs(path[i].y - path[i - 1].y);
    return sum;
  }

  // What of a path is not on another one that begins at the same place.
  static std::vector<Point> tail_of(const std::vector<Point>& path, const std::vector<Point>& before) {
    size_t same = 0;
    while (same < path.size() && same < before.size() && path[same] == before[same]) ++same;
    if (same == 0 || same == path.size()) return path;
    const Point corner = path[same - 1], next = same < before.size() ? before[same] : corner;
    std::vector<Point> tail{shared_end(corner, path[same], next)};
    for (size_t i = same; i < path.size(); ++i)
      if (path[i] != tail.back()) tail.push_back(path[i]);
    return tail.size() > 1 ? tail : path;
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

  void dot(Point at, const Stroke& stroke) {
    const double r = std::max(1.5, stroke.width / 2 + 0.8);
    painter_.draw(Outline::ellipse({at.x - r, at.y - r, 2 * r, 2 * r}), stroke.color, {});
  }

  // Wider lines have wider tips.
  void arrow(Point from, Point tip, const Stroke& stroke) {
    const double length = 4.2, half = std::max(1.7, stroke.width / 2 + 1);
    const double size = std::hypot(tip.x - from.x, tip.y - from.y);
    const double dx = (tip.x - from.x) / size, dy = (tip.y - from.y) / size;
    const Point base{tip.x - dx * length, tip.y - dy * length};
    painter_.draw(
        Outline::polygon(
            {tip, {base.x - dy * half, base.y + dx * half}, {base.x + dy * half, base.y - dx * half}}),
        stroke.color, {});
  }

  void draw_label(size_t index) {
    if (sketch_.nets[index].label.width <= 0) return;
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

void draw_boxes(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme,
                TextMeasure& measure, Painter& painter) {
  Drawing(diagram, sketch, theme, measure, painter).draw();
}

}  // namespace orrery
