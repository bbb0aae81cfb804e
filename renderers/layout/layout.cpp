#include "renderers/layout/layout.h"

#include "renderers/layout/passes.h"

namespace orrery::layout {

void lay_out(Sketch& sketch, const Room& room) {
  Plan plan = split(sketch);
  mark_main(plan, sketch);
  for (int frame = static_cast<int>(sketch.boxes.size()) - 1; frame >= 0; --frame) {
    if (!sketch.boxes[frame].frame) continue;
    Interior& in = plan.interiors[frame];
    const int parent = sketch.boxes[frame].parent;
    take_sizes(in, sketch, plan);
    rank(in);
    thread(in, sketch.spacing);
    find_spine(in);
    order(in);
    enter(in, sketch);
    align(in, sketch.spacing);
    assign_lanes(in, sketch);
    space(in, sketch);
    route(in, sketch);
    wrap(in, sketch, room);
    enclose(in, sketch, parent < 0 ? in.direction : sketch.boxes[parent].direction);
  }
  assemble(sketch, plan);
  route_apart(sketch);
  place_labels(sketch);
}

}  // namespace orrery::layout
