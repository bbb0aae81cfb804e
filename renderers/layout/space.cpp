#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

std::vector<double> label_rooms(const Interior& in, const Sketch& sketch) {
  std::vector<double> rooms(in.rows.size(), 0);
  for (const Chain& chain : in.chains) {
    const Item& source = in.items[chain.source];
    if (source.kind != Item::Kind::box || sketch.boxes[source.box].frame) continue;
    const Size label = sketch.nets[chain.net].label;
    if (label.width <= 0) continue;
    const double length = (vertical(in.direction) ? label.height : label.width) + 2 * sketch.spacing.label;
    rooms[source.rank] = std::max(rooms[source.rank], length);
  }
  return rooms;
}

// Only at the border of a frame does no arrow end.
double arrow_room(const Interior& in, size_t rank, const Spacing& spacing) {
  if (rank + 1 >= in.rows.size()) return spacing.lane / 2;
  const auto& row = in.rows[rank + 1];
  const bool border =
      std::all_of(row.begin(), row.end(), [&](int item) { return in.items[item].kind != Item::Kind::box; });
  return border ? spacing.lane / 2 : spacing.arrow;
}

// Gives the lanes of a channel their places; returns the channel's length.
double place_lanes(std::vector<Run>& runs, double begin, double before, double behind, double lane) {
  int lanes = 0;
  for (Run& run : runs) {
    if (run.straight) continue;
    lanes = std::max(
        {lanes, static_cast<int>(run.lane) + 1, run.turned ? static_cast<int>(run.second_lane) + 1 : 0});
    run.lane = begin + before + lane * run.lane;
    run.second_lane = begin + before + lane * run.second_lane;
  }
  return lanes == 0 ? 0 : before + lane * (lanes - 1) + behind;
}

}  // namespace

void space(Interior& in, const Sketch& sketch) {
  const Spacing& spacing = sketch.spacing;
  const std::vector<double> labels = label_rooms(in, sketch);
  std::vector<bool> read(in.items.size(), false), reads(in.items.size(), false);
  for (const Link& link : in.links) read[link.source] = reads[link.sink] = true;
  double along = 0;
  for (size_t rank = 0; rank < in.rows.size(); ++rank) {
    double length = 0;
    for (int item : in.rows[rank]) length = std::max(length, in.items[item].length);
    for (int index : in.rows[rank]) {
      Item& item = in.items[index];
      if (item.box >= 0 && sketch.boxes[item.box].stretch) item.length = length;
      const double share = in.columns || (reads[index] && !read[index]) ? 0
                           : reads[index] == read[index]                ? 0.5
                                                                        : 1;
      item.along = along + share * (length - item.length);
    }
    along += length;
    const double behind = arrow_room(in, rank, spacing);
    const bool last = rank + 1 == in.rows.size();
    const bool from_border = std::all_of(in.rows[rank].begin(), in.rows[rank].end(),
                                         [&](int i) { return in.items[i].length == 0; });
    const double least = last                     ? 0
                         : behind < spacing.arrow ? spacing.frame
                         : from_border            ? spacing.arrow
                                                  : spacing.rank;
    const double before = std::max(labels[rank], spacing.lane / 2 + 1);
    along +=
        std::max({least, labels[rank], place_lanes(in.channels[rank], along, before, behind, spacing.lane)});
  }
  in.length = along;
}

}  // namespace orrery::layout
