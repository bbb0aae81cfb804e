#include "renderers/free_drawing.h"

#include <algorithm>
#include <cmath>

namespace orrery {
namespace {

constexpr double kLong = 1680;  // points: two pages of A4
constexpr double kRibbon = 4;   // times as long as broad

// Nothing is broken: any length.
layout::Room room_for(Size size, Direction flow) {
  const double length = vertical(flow) ? size.height : size.width;
  const double breadth = vertical(flow) ? size.width : size.height;
  if (length < kLong || length < kRibbon * breadth) return {};
  const double columns = std::ceil(std::sqrt(length / breadth));
  layout::Room room{.lines = 1};
  (vertical(flow) ? room.size.height : room.size.width) = length / columns;
  return room;
}

}  // namespace

BoxDrawing free_drawing(const BoxDraftsman& draftsman, Diagram diagram, bool wrap) {
  const layout::Sketch sketch = draftsman.sketch(diagram);
  layout::Sketch whole = sketch;
  layout::lay_out(whole);
  const layout::Room room = room_for(whole.boxes[0].size, diagram.boxes[0].direction);
  if (!wrap || room.size == Size{}) return draftsman.finished(std::move(diagram), std::move(whole));
  return draftsman.drawing(std::move(diagram), sketch, room);
}

}  // namespace orrery
