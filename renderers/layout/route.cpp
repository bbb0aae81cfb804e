#include <cmath>

#include "renderers/layout/passes.h"
#include "runtime/core/error.h"

namespace orrery::layout {
namespace {

/// A path in the frame's own flow; x is across, y along.
class Pen {
 public:
  explicit Pen(Point start) : points_{start} {}

  void to(double across, double along) {
    const Point next{across, along};
    if (std::abs(next.x - points_.back().x) < 1e-6 && std::abs(next.y - points_.back().y) < 1e-6) return;
    points_.push_back(next);
  }
  void across_to(double across, double lane) {
    if (std::abs(across - points_.back().x) < 1e-6) return;
    to(points_.back().x, lane);
    to(across, lane);
  }
  std::vector<Point> take() { return std::move(points_); }
  double across() const { return points_.back().x; }

 private:
  std::vector<Point> points_;
};

void pass(Pen& pen, const Run& run, double across) {
  if (run.straight || std::abs(across - pen.across()) < 1e-6) return;
  if (run.turned) {
    pen.across_to(run.turn, run.lane);
    pen.across_to(across, run.second_lane);
  } else {
    pen.across_to(across, run.lane);
  }
}

const Run& run_of(const Interior& in, int chain, int channel) {
  for (const Run& run : in.channels[channel])
    if (run.chain == chain) return run;
  invariant(false, "a line of a diagram has no way through a channel");
  return in.channels[channel][0];
}

double out_offset(const Interior& in, int item, int net) {
  const auto at = in.out_offsets.find({item, net});
  return at == in.out_offsets.end() ? 0 : at->second;
}

// A line that crosses its run on its way down although it ends where it began must still touch the lane
// when the run is turned.
std::vector<Point> forward_path(const Interior& in, const Link& link) {
  const Chain& chain = in.chains[link.chain];
  const Item &source = in.items[chain.source], &sink = in.items[link.sink];
  Pen pen({source.across + out_offset(in, chain.source, chain.net), source.along + source.length});
  const int last = link.side == 0 ? sink.rank : sink.rank + 1;
  for (int rank = source.rank + 1; rank < last; ++rank)
    pass(pen, run_of(in, link.chain, rank - 1), in.items[chain.bends[rank - chain.first_rank]].across);
  if (link.side == 0) {
    pass(pen, run_of(in, link.chain, sink.rank - 1), sink.across + link.offset);
    pen.to(sink.across + link.offset, sink.along);
  } else {
    const double middle = sink.along + sink.length / 2;
    pen.to(pen.across(), middle);
    pen.to(sink.across + link.side * sink.breadth / 2, middle);
  }
  return pen.take();
}

std::vector<Point> backward_path(const Interior& in, const Link& link) {
  const Chain& chain = in.chains[link.chain];
  const Item &source = in.items[chain.source], &sink = in.items[link.sink];
  Pen pen({source.across + out_offset(in, chain.source, chain.net), source.along + source.length});
  const auto bend = [&](int rank) { return in.items[chain.bends[rank - chain.first_rank]].across; };
  pass(pen, run_of(in, link.chain, source.rank), bend(source.rank));
  for (int rank = source.rank - 1; rank >= sink.rank; --rank) {
    const Run& run = run_of(in, link.chain, rank);
    if (!run.straight && run.turned) {
      pen.across_to(run.turn, run.second_lane);
      pen.across_to(bend(rank), run.lane);
    } else {
      pass(pen, run, bend(rank));
    }
  }
  pass(pen, run_of(in, link.chain, sink.rank - 1), sink.across + link.offset);
  pen.to(sink.across + link.offset, sink.along);
  return pen.take();
}

// The text stands behind the source, to the right of a line down, above a line to the side.
Rect label_place(const Interior& in, const Sketch& sketch, const Chain& chain) {
  const Item& source = in.items[chain.source];
  const Size label = sketch.nets[chain.net].label;
  const double gap = sketch.spacing.label;
  const double line = source.across + out_offset(in, chain.source, chain.net);
  const double along = source.along + source.length + gap;
  if (vertical(in.direction)) return {line + gap, along, label.width, label.height};
  return {line - gap - label.height, along, label.height, label.width};
}

// The text of a loop stands beside its way up.
Rect loop_label_place(const Interior& in, const Link& link, double gap) {
  const auto& bends = in.chains[link.chain].bends;
  const Item& at = in.items[bends[bends.size() / 2]];
  const Size size = vertical(in.direction) ? link.label : Size{link.label.height, link.label.width};
  return {at.across + gap, at.along + at.length / 2 - size.height / 2, size.width, size.height};
}

}  // namespace

void route(Interior& in, const Sketch& sketch) {
  for (Link& link : in.links) link.path = link.backward ? backward_path(in, link) : forward_path(in, link);
  for (Link& link : in.links)
    if (link.backward && link.label.width > 0)
      link.label_at = loop_label_place(in, link, sketch.spacing.label);
  for (const Chain& chain : in.chains) {
    const Item& source = in.items[chain.source];
    if (source.kind != Item::Kind::box || sketch.boxes[source.box].frame) continue;
    if (sketch.nets[chain.net].label.width <= 0) continue;
    const bool again =
        std::any_of(in.labels.begin(), in.labels.end(), [&](const auto& l) { return l.first == chain.net; });
    if (!again) in.labels.emplace_back(chain.net, label_place(in, sketch, chain));
  }
}

}  // namespace orrery::layout
