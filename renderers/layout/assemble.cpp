#include <cmath>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

bool on_one_line(Point a, Point b, Point c) {
  return (std::abs(a.x - b.x) < 1e-6 && std::abs(b.x - c.x) < 1e-6) ||
         (std::abs(a.y - b.y) < 1e-6 && std::abs(b.y - c.y) < 1e-6);
}

void add(std::vector<Point>& path, Point p) {
  if (!path.empty() && std::abs(path.back().x - p.x) < 1e-6 && std::abs(path.back().y - p.y) < 1e-6) return;
  // Rounding in nested frames must not make a straight line slant.
  if (!path.empty() && std::abs(path.back().x - p.x) < 1e-6) p.x = path.back().x;
  if (!path.empty() && std::abs(path.back().y - p.y) < 1e-6) p.y = path.back().y;
  if (path.size() > 1 && on_one_line(path[path.size() - 2], path.back(), p))
    path.back() = p;
  else
    path.push_back(p);
}

}  // namespace

void assemble(Sketch& sketch, const Plan& plan) {
  sketch.boxes[0].at = {0, 0, sketch.boxes[0].size.width, sketch.boxes[0].size.height};
  for (size_t i = 1; i < sketch.boxes.size(); ++i) {
    SketchBox& box = sketch.boxes[i];
    const Rect& frame = sketch.boxes[box.parent].at;
    box.at = {box.at.x + frame.x, box.at.y + frame.y, box.size.width, box.size.height};
  }
  for (SketchBox& box : sketch.boxes)
    if (box.frame) box.title_at = box.title_at.moved({box.at.x, box.at.y});
  for (size_t net = 0; net < sketch.nets.size(); ++net)
    for (size_t sink = 0; sink < sketch.nets[net].sinks.size(); ++sink) {
      auto& path = sketch.nets[net].sinks[sink].path;
      path.clear();
      for (const Piece& piece : plan.pieces[net][sink]) {
        const Rect& frame = sketch.boxes[piece.frame].at;
        const Link& link = plan.interiors[piece.frame].links[piece.link];
        for (Point p : link.path) add(path, p + Point{frame.x, frame.y});
        if (link.backward) sketch.nets[net].sinks[sink].label_at = link.label_at.moved({frame.x, frame.y});
      }
    }
  for (size_t frame = 0; frame < plan.interiors.size(); ++frame)
    for (const auto& [net, at] : plan.interiors[frame].labels)
      sketch.nets[net].label_at = at.moved({sketch.boxes[frame].at.x, sketch.boxes[frame].at.y});
}

}  // namespace orrery::layout
