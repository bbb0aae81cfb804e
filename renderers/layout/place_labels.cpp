#include <cmath>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

/// Places for the text of a line, the best first.
std::vector<Rect> candidates(const Sink& sink, double gap) {
  std::vector<Rect> places;
  const Size size = sink.label;
  for (size_t i = 1; i < sink.path.size(); ++i) {
    const Rect part = spanned(sink.path[i - 1], sink.path[i]);
    for (const double share : {0.5, 0.25, 0.75}) {
      const Point at{part.x + share * part.width, part.y + share * part.height};
      if (part.width > 0) {
        places.push_back({at.x - size.width / 2, at.y - gap - size.height, size.width, size.height});
        places.push_back({at.x - size.width / 2, at.y + gap, size.width, size.height});
      } else {
        places.push_back({at.x + gap, at.y - size.height / 2, size.width, size.height});
        places.push_back({at.x - gap - size.width, at.y - size.height / 2, size.width, size.height});
      }
    }
  }
  return places;
}

bool on_text(const Sketch& sketch, const Rect& at) {
  const auto covers = [&](const Rect& text) { return text.width > 0 && text.overlaps(at); };
  for (const SketchBox& box : sketch.boxes)
    if (box.frame && covers(box.title_at)) return true;
  for (const Net& net : sketch.nets) {
    if (net.label.width > 0 && covers(net.label_at)) return true;
    for (const Sink& sink : net.sinks)
      if (covers(sink.label_at)) return true;
  }
  return false;
}

// Boxes, and the borders of frames.
bool on_box(const Sketch& sketch, const Rect& at) {
  return std::any_of(sketch.boxes.begin(), sketch.boxes.end(), [&](const SketchBox& box) {
    return at.overlaps(box.at) && !(box.frame && box.at.contains(at));
  });
}

bool on_line(const Sketch& sketch, const Rect& at) {
  for (const Net& net : sketch.nets)
    for (const Sink& sink : net.sinks)
      for (size_t i = 1; i < sink.path.size(); ++i)
        if (spanned(sink.path[i - 1], sink.path[i]).grown(0.3).overlaps(at)) return true;
  return false;
}

}  // namespace

void place_labels(Sketch& sketch) {
  for (Net& net : sketch.nets)
    for (Sink& sink : net.sinks) {
      if (sink.label.width <= 0 || sink.label_at.width > 0) continue;
      for (const Rect& at : candidates(sink, sketch.spacing.label / 3)) {
        if (on_text(sketch, at) || on_box(sketch, at) || on_line(sketch, at)) continue;
        sink.label_at = at;
        break;
      }
    }
}

}  // namespace orrery::layout
