#include "tests/renderers/layout_checks.h"

#include <cmath>

#include <fmt/format.h>

namespace orrery::test {
namespace {

using layout::Net;
using layout::Sink;
using layout::Sketch;

constexpr double kTouch = 0.01;  // what may be lost in rounding

bool holds(const Sketch& sketch, int frame, int box) {
  for (; box >= 0; box = sketch.boxes[static_cast<size_t>(box)].parent)
    if (box == frame) return true;
  return false;
}

std::string box_faults(const Sketch& sketch) {
  const int count = static_cast<int>(sketch.boxes.size());
  for (int a = 1; a < count; ++a) {
    const auto& box = sketch.boxes[static_cast<size_t>(a)];
    if (!sketch.boxes[static_cast<size_t>(box.parent)].at.grown(kTouch).contains(box.at))
      return fmt::format("box {} stands out of its frame {}", a, box.parent);
    for (int b = a + 1; b < count; ++b)
      if (!holds(sketch, a, b) && box.at.grown(-kTouch).overlaps(sketch.boxes[static_cast<size_t>(b)].at))
        return fmt::format("boxes {} and {} overlap", a, b);
  }
  return {};
}

bool on_border(const Rect& r, Point p) {
  const bool inside = r.grown(kTouch).contains({p.x, p.y, 0, 0});
  const bool edge = std::abs(p.x - r.x) < kTouch || std::abs(p.x - r.right()) < kTouch ||
                    std::abs(p.y - r.y) < kTouch || std::abs(p.y - r.bottom()) < kTouch;
  return inside && edge;
}

bool crosses(Point a, Point b, const Rect& r) {
  return spanned(a, b).grown(kTouch / 2).overlaps(r.grown(-kTouch));
}

std::string path_faults(const Sketch& sketch, const Net& net, const Sink& sink) {
  const std::string name = fmt::format("the line from {} to {}", net.source, sink.box);
  if (sink.path.size() < 2) return name + " is missing";
  if (!on_border(sketch.boxes[static_cast<size_t>(net.source)].at, sink.path.front()))
    return name + " does not begin at its box";
  if (!on_border(sketch.boxes[static_cast<size_t>(sink.box)].at, sink.path.back()))
    return name + " does not end at its box";
  for (size_t i = 1; i < sink.path.size(); ++i) {
    const Point a = sink.path[i - 1], b = sink.path[i];
    if (a.x != b.x && a.y != b.y) return name + " slants";
    for (size_t box = 1; box < sketch.boxes.size(); ++box) {
      const auto& other = sketch.boxes[box];
      const int index = static_cast<int>(box);
      if (other.frame && other.title.width > 0 && crosses(a, b, other.title_at))
        return fmt::format("{} crosses the title of {}", name, box);
      if (other.frame && (holds(sketch, index, net.source) || holds(sketch, index, sink.box))) continue;
      if (crosses(a, b, other.at)) return fmt::format("{} passes through box {}", name, box);
    }
  }
  return {};
}

double shared(double a, double b, double c, double d) {
  return std::min(std::max(a, b), std::max(c, d)) - std::max(std::min(a, b), std::min(c, d));
}

// Two lines that run on top of each other for some way.
bool lie_on_each_other(const std::vector<Point>& one, const std::vector<Point>& other) {
  for (size_t i = 1; i < one.size(); ++i)
    for (size_t k = 1; k < other.size(); ++k) {
      const Point a = one[i - 1], b = one[i], c = other[k - 1], d = other[k];
      if (a.x == b.x && c.x == d.x && std::abs(a.x - c.x) < 0.5 && shared(a.y, b.y, c.y, d.y) > 0.5)
        return true;
      if (a.y == b.y && c.y == d.y && std::abs(a.y - c.y) < 0.5 && shared(a.x, b.x, c.x, d.x) > 0.5)
        return true;
    }
  return false;
}

std::string line_faults(const Sketch& sketch) {
  for (size_t a = 0; a < sketch.nets.size(); ++a)
    for (const Sink& sink : sketch.nets[a].sinks) {
      if (const std::string fault = path_faults(sketch, sketch.nets[a], sink); !fault.empty()) return fault;
      for (size_t b = a + 1; b < sketch.nets.size(); ++b)
        for (const Sink& other : sketch.nets[b].sinks)
          if (lie_on_each_other(sink.path, other.path))
            return fmt::format("values {} and {} share a line (from {} to {}, from {} to {})", a, b,
                               sketch.nets[a].source, sink.box, sketch.nets[b].source, other.box);
    }
  return {};
}

std::string label_faults(const Sketch& sketch) {
  for (size_t a = 0; a < sketch.nets.size(); ++a) {
    const Net& net = sketch.nets[a];
    if (net.label.width <= 0 || net.sinks.empty()) continue;
    for (size_t box = 1; box < sketch.boxes.size(); ++box)
      if (!sketch.boxes[box].frame && net.label_at.overlaps(sketch.boxes[box].at))
        return fmt::format("the label of value {} lies on box {}", a, box);
    for (size_t b = 0; b < sketch.nets.size(); ++b) {
      if (b != a && sketch.nets[b].label.width > 0 && net.label_at.overlaps(sketch.nets[b].label_at))
        return fmt::format("the labels of values {} and {} overlap", a, b);
      for (const Sink& sink : sketch.nets[b].sinks)
        for (size_t i = 1; i < sink.path.size(); ++i)
          if (crosses(sink.path[i - 1], sink.path[i], net.label_at))
            return fmt::format("the label of value {} is crossed by a line of value {}", a, b);
    }
  }
  return {};
}

// The texts of lines that go back or apart.
std::string carried_faults(const Sketch& sketch) {
  std::vector<Rect> texts;
  for (const Net& net : sketch.nets)
    for (const Sink& sink : net.sinks)
      if (sink.label_at.width > 0) texts.push_back(sink.label_at);
  for (size_t i = 0; i < texts.size(); ++i) {
    for (size_t box = 1; box < sketch.boxes.size(); ++box)
      if (sketch.boxes[box].frame ? texts[i].overlaps(sketch.boxes[box].title_at)
                                  : texts[i].overlaps(sketch.boxes[box].at))
        return fmt::format("the text {} of a carried value lies on box {}", i, box);
    for (size_t k = i + 1; k < texts.size(); ++k)
      if (texts[i].overlaps(texts[k])) return fmt::format("the texts {} and {} overlap", i, k);
    for (const Net& net : sketch.nets) {
      if (net.label.width > 0 && !net.sinks.empty() && texts[i].overlaps(net.label_at))
        return fmt::format("the text {} of a carried value lies on a label", i);
      for (const Sink& sink : net.sinks)
        for (size_t k = 1; k < sink.path.size(); ++k)
          if (crosses(sink.path[k - 1], sink.path[k], texts[i]))
            return fmt::format("the text {} of a carried value is crossed by a line", i);
    }
  }
  return {};
}

double distance(const Rect& a, const Rect& b) {
  const double x = std::max(a.x, b.x) - std::min(a.right(), b.right());
  const double y = std::max(a.y, b.y) - std::min(a.bottom(), b.bottom());
  return std::max(x, y);
}

/// How far two boxes of one frame are from each other; negative where they overlap.
struct Gap {
  double across = 0, along = 0;  ///< the flow
  int behind = 0;                ///< the box farther along
};

Gap gap_of(const Sketch& sketch, int a, int b) {
  const auto& one = sketch.boxes[static_cast<size_t>(a)];
  const auto& other = sketch.boxes[static_cast<size_t>(b)];
  const Direction flow = sketch.boxes[static_cast<size_t>(one.parent)].direction;
  const Rect &r = one.at, &s = other.at;
  const double x = std::max(r.x, s.x) - std::min(r.right(), s.right());
  const double y = std::max(r.y, s.y) - std::min(r.bottom(), s.bottom());
  const double ahead = vertical(flow) ? s.y - r.y : s.x - r.x;
  const bool forward = flow == Direction::south || flow == Direction::east;
  return {vertical(flow) ? x : y, vertical(flow) ? y : x, (ahead > 0) == forward ? b : a};
}

// Beside each other they keep `box`, one behind the other `rank`, and `frames` before a frame.
bool are_too_near(const Sketch& sketch, const Gap& gap) {
  const bool frame = sketch.boxes[static_cast<size_t>(gap.behind)].frame;
  return gap.across < sketch.spacing.box - kTouch &&
         gap.along < (frame ? sketch.spacing.frames : sketch.spacing.rank) - kTouch;
}

std::string box_distance_faults(const Sketch& sketch) {
  const int count = static_cast<int>(sketch.boxes.size());
  for (int a = 1; a < count; ++a) {
    const auto& box = sketch.boxes[static_cast<size_t>(a)];
    if (!sketch.boxes[static_cast<size_t>(box.parent)]
             .at.grown(kTouch - sketch.spacing.frame)
             .contains(box.at))
      return fmt::format("box {} is too near to the border of its frame {}", a, box.parent);
    for (int b = a + 1; b < count; ++b)
      if (sketch.boxes[static_cast<size_t>(b)].parent == box.parent &&
          are_too_near(sketch, gap_of(sketch, a, b)))
        return fmt::format("boxes {} and {} are too near to each other", a, b);
  }
  return {};
}

std::string line_distance_faults(const Sketch& sketch) {
  const double beside = sketch.spacing.lane / 2 - kTouch;
  for (const Net& net : sketch.nets)
    for (const Sink& sink : net.sinks)
      for (size_t i = 1; i < sink.path.size(); ++i)
        for (size_t box = 1; box < sketch.boxes.size(); ++box) {
          const int index = static_cast<int>(box);
          if (index == net.source || index == sink.box || sketch.boxes[box].frame) continue;
          if (distance(spanned(sink.path[i - 1], sink.path[i]), sketch.boxes[box].at) < beside)
            return fmt::format("the line from {} to {} is too near to box {}", net.source, sink.box, box);
        }
  return {};
}

// The results of a box leave it in their order; what it reads of one value several times enters it so.
std::string port_faults(const Sketch& sketch) {
  const auto across = [&](int box, Point p) {
    const int frame = sketch.boxes[static_cast<size_t>(box)].parent;
    return vertical(sketch.boxes[static_cast<size_t>(frame)].direction) ? p.x : p.y;
  };
  // What goes apart leaves at the side.
  const auto apart = [](const Net& net) {
    return !net.sinks.empty() && net.sinks[0].way == Sink::Way::apart;
  };
  for (const Net& a : sketch.nets) {
    for (const Net& b : sketch.nets)
      if (!apart(a) && !apart(b) && a.source == b.source && a.output < b.output && !a.sinks.empty() &&
          !b.sinks.empty() && across(a.source, a.sinks[0].path[0]) >= across(a.source, b.sinks[0].path[0]))
        return fmt::format("outputs {} and {} of box {} leave it out of order", a.output, b.output, a.source);
    for (const Sink& one : a.sinks)
      for (const Sink& other : a.sinks)
        if (one.box == other.box && one.port < other.port && one.path.back() == other.path.back())
          return fmt::format("ports {} and {} of box {} are one", one.port, other.port, one.box);
  }
  return {};
}

}  // namespace

std::string faults(const Sketch& sketch) {
  for (const auto& check : {box_faults, line_faults, label_faults, carried_faults, box_distance_faults,
                            line_distance_faults, port_faults})
    if (std::string fault = check(sketch); !fault.empty()) return fault;
  return {};
}

}  // namespace orrery::test
