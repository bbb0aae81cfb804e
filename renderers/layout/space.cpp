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

/// What a rank holds beside lines.
enum class Holds { nothing, frames, leaves };

Holds held(const Interior& in, size_t rank, const Sketch& sketch) {
  Holds result = Holds::nothing;
  if (rank >= in.rows.size()) return result;
  for (int item : in.rows[rank]) {
    if (in.items[item].kind != Item::Kind::box) continue;
    if (!sketch.boxes[in.items[item].box].frame) return Holds::leaves;
    result = Holds::frames;
  }
  return result;
}

// No arrow ends at the border of a frame.
double arrow_room(Holds next, const Spacing& spacing) {
  return next == Holds::leaves ? spacing.arrow : next == Holds::frames ? spacing.lane : spacing.lane / 2;
}

// Between two ranks: before frames there is less room than before boxes, where an arrow is seen.
double least_room(Holds here, Holds next, const Spacing& spacing) {
  if (next == Holds::nothing) return spacing.frame;
  if (here == Holds::nothing) return next == Holds::leaves ? spacing.arrow : spacing.frame;
  return next == Holds::leaves ? spacing.rank : spacing.frames;
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
    const bool last = rank + 1 == in.rows.size();
    const Holds here = held(in, rank, sketch), next = held(in, rank + 1, sketch);
    const double behind = last ? spacing.lane / 2 : arrow_room(next, spacing);
    const double least = last ? 0 : least_room(here, next, spacing);
    const double before = std::max(labels[rank], spacing.lane / 2 + 1);
    along +=
        std::max({least, labels[rank], place_lanes(in.channels[rank], along, before, behind, spacing.lane)});
  }
  in.length = along;
}

}  // namespace orrery::layout
