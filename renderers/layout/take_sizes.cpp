#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

double across_of(Direction direction, Size size) { return vertical(direction) ? size.width : size.height; }
double across_of(Direction direction, Point at) { return vertical(direction) ? at.x : at.y; }
double along_of(Direction direction, Size size) { return vertical(direction) ? size.height : size.width; }

struct Ends {
  std::vector<int> in;   // links
  std::vector<int> out;  // nets
};

std::vector<Ends> ends_of_items(const Interior& in, const Sketch& sketch) {
  std::vector<Ends> ends(in.items.size());
  for (size_t link = 0; link < in.links.size(); ++link) {
    ends[in.links[link].sink].in.push_back(static_cast<int>(link));
    auto& nets = ends[in.links[link].source].out;
    if (std::find(nets.begin(), nets.end(), in.links[link].net) == nets.end())
      nets.push_back(in.links[link].net);
  }
  for (Ends& end : ends)
    std::sort(end.out.begin(), end.out.end(), [&](int a, int b) {
      return std::pair(sketch.nets[a].output, a) < std::pair(sketch.nets[b].output, b);
    });
  return ends;
}

// Outputs stand so far apart that their labels fit between them.
double output_pitch(const Interior& in, const Sketch& sketch, const std::vector<int>& nets) {
  double pitch = sketch.spacing.port;
  for (int net : nets) {
    const double label = across_of(in.direction, sketch.nets[net].label);
    if (label > 0) pitch = std::max(pitch, label + 3 * sketch.spacing.label);
  }
  return pitch;
}

void widen_leaf(Interior& in, Sketch& sketch, int item, const Ends& ends) {
  const double least_pitch = 3, corner = 4;
  SketchBox& box = sketch.boxes[in.items[item].box];
  double& breadth = vertical(in.direction) ? box.size.width : box.size.height;
  if (ends.in.size() > 2)
    breadth = std::max(breadth, 2 * least_pitch * (static_cast<double>(ends.in.size()) - 1) + 2 * corner);
  if (ends.out.size() < 2) {
    if (!ends.out.empty()) in.out_offsets[{item, ends.out[0]}] = 0;
    return;
  }
  const double pitch = output_pitch(in, sketch, ends.out);
  const double span = pitch * (static_cast<double>(ends.out.size()) - 1);
  breadth = std::max(breadth, span + 2 * corner);
  for (size_t i = 0; i < ends.out.size(); ++i)
    in.out_offsets[{item, ends.out[i]}] = pitch * static_cast<double>(i) - span / 2;
}

void take_ports(Interior& in, const SketchBox& box, int item, const Interior& child) {
  const double middle = across_of(in.direction, box.size) / 2;
  for (const auto& [net, at] : child.in_ports)
    in.in_offsets[{item, net}] = across_of(in.direction, at) - middle;
  for (const auto& [net, at] : child.out_ports)
    in.out_offsets[{item, net}] = across_of(in.direction, at) - middle;
}

// A label stands to the right of a line that goes down, and above one that goes to the side.
void leave_room_for_labels(Interior& in, const Sketch& sketch, int item, const Ends& ends) {
  Item& it = in.items[item];
  for (int net : ends.out) {
    const Size label = sketch.nets[net].label;
    if (label.width <= 0) continue;
    const double offset = in.out_offsets.at({item, net});
    const double room = sketch.spacing.label + across_of(in.direction, label);
    if (vertical(in.direction))
      it.after = std::max(it.after, offset + room);
    else
      it.before = std::max(it.before, room - offset);
  }
}

}  // namespace

void take_sizes(Interior& in, Sketch& sketch, const Plan& plan) {
  const std::vector<Ends> ends = ends_of_items(in, sketch);
  for (size_t i = 0; i < in.items.size(); ++i) {
    Item& item = in.items[i];
    if (item.kind != Item::Kind::box) continue;
    const int index = static_cast<int>(i);
    SketchBox& box = sketch.boxes[item.box];
    if (box.frame)
      take_ports(in, box, index, plan.interiors[item.box]);
    else
      widen_leaf(in, sketch, index, ends[i]);
    item.breadth = across_of(in.direction, box.size);
    item.length = along_of(in.direction, box.size);
    item.before = item.breadth / 2 + box.before;
    item.after = item.breadth / 2 + box.after;
    if (!box.frame) leave_room_for_labels(in, sketch, index, ends[i]);
  }
}

}  // namespace orrery::layout
