#include "renderers/layout/passes.h"
#include "renderers/layout/side_router.h"

namespace orrery::layout {
namespace {

// The box itself or the frame around it that stands directly in another one; -1: it does not lie in there.
int within(const Sketch& sketch, int frame, int box) {
  while (box >= 0 && sketch.boxes[box].parent != frame) box = sketch.boxes[box].parent;
  return box;
}

// The two columns that a line joins and what is between them, with a lane around; else the page.
Rect part_of(const Sketch& sketch, int source, int sink) {
  for (int frame = sketch.boxes[source].parent; frame >= 0; frame = sketch.boxes[frame].parent) {
    const int to = within(sketch, frame, sink);
    if (to < 0) continue;
    const Rect &a = sketch.boxes[within(sketch, frame, source)].at, &b = sketch.boxes[to].at;
    const Rect both = spanned({std::min(a.x, b.x), std::min(a.y, b.y)},
                              {std::max(a.right(), b.right()), std::max(a.bottom(), b.bottom())});
    return both.grown(sketch.spacing.frame / 2);
  }
  return sketch.boxes[0].at;
}

void simplify(std::vector<Point>& path) {
  std::vector<Point> corners;
  for (Point p : path) {
    if (!corners.empty() && std::abs(corners.back().x - p.x) < 1e-5) p.x = corners.back().x;
    if (!corners.empty() && std::abs(corners.back().y - p.y) < 1e-5) p.y = corners.back().y;
    if (!corners.empty() && corners.back() == p) continue;
    const size_t count = corners.size();
    const bool straight =
        count > 1 && ((corners[count - 2].x == corners[count - 1].x && corners[count - 1].x == p.x) ||
                      (corners[count - 2].y == corners[count - 1].y && corners[count - 1].y == p.y));
    if (straight)
      corners.back() = p;
    else
      corners.push_back(p);
  }
  path = std::move(corners);
}

// Where no way is free, the line is drawn all the same: round the corner.
std::vector<Point> any_way(const Rect& from, const Rect& to) {
  const Point start{from.right(), from.middle().y}, end{to.x, to.middle().y};
  const double middle = (start.x + end.x) / 2;
  return {start, {middle, start.y}, {middle, end.y}, end};
}

void lead(Sketch& sketch, const Net& net, Sink& sink) {
  const Rect near = part_of(sketch, net.source, sink.box), &page = sketch.boxes[0].at;
  sink.path = SideRouter(sketch, net, sink.box, near).find();
  if (sink.path.empty()) sink.path = SideRouter(sketch, net, sink.box, page).find();
  if (sink.path.empty()) sink.path = any_way(sketch.boxes[net.source].at, sketch.boxes[sink.box].at);
  simplify(sink.path);
}

}  // namespace

void route_apart(Sketch& sketch) {
  for (Net& net : sketch.nets)
    for (Sink& sink : net.sinks)
      if (sink.way == Sink::Way::apart) lead(sketch, net, sink);
}

}  // namespace orrery::layout
