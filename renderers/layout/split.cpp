#include <array>
#include <map>

#include "renderers/layout/passes.h"
#include "runtime/core/error.h"

namespace orrery::layout {
namespace {

/// Cuts one net up; `item_of` gives each box's item in its frame.
class Splitter {
 public:
  Splitter(const Sketch& sketch, Plan& plan, const std::vector<int>& item_of, int net)
      : sketch_(sketch), plan_(plan), item_of_(item_of), net_(net) {
    for (int box = sketch.nets[net].source; sketch.boxes[box].parent >= 0; box = sketch.boxes[box].parent)
      depth_of_.emplace(sketch.boxes[box].parent, depth_of_.size()), rising_.push_back(box);
  }

  std::vector<Piece> pieces_to(const Sink& sink) {
    std::vector<int> inner;  // the sink, and the frames around it that the source is not in
    int frame = sink.box;
    while (!depth_of_.contains(frame)) {
      inner.push_back(frame);
      frame = sketch_.boxes[frame].parent;
    }
    const int common = static_cast<int>(depth_of_.at(frame));
    std::vector<Piece> pieces;
    pieces.reserve(static_cast<size_t>(common) + inner.size());
    for (int depth = 0; depth < common; ++depth) pieces.push_back(out_of(depth));
    int source = item_of_[rising_[common]];
    for (size_t i = inner.size(); i-- > 0;) {
      pieces.push_back(link(frame, source, item_of_[inner[i]], i == 0 ? sink.port : 0));
      if (sink.way == Sink::Way::back && i + 1 == inner.size()) turn_back(pieces.back(), sink);
      frame = inner[i];
      if (i > 0) source = in_port(frame);
    }
    return pieces;
  }

 private:
  Piece out_of(int depth) {
    const int frame = sketch_.boxes[rising_[depth]].parent;
    auto [at, is_new] = out_ports_.emplace(frame, 0);
    if (is_new) at->second = add_port(frame, Item::Kind::out_port);
    return link(frame, item_of_[rising_[depth]], at->second, 0);
  }

  int in_port(int frame) {
    auto [at, is_new] = in_ports_.emplace(frame, 0);
    if (is_new) at->second = add_port(frame, Item::Kind::in_port);
    return at->second;
  }

  int add_port(int frame, Item::Kind kind) {
    auto& items = plan_.interiors[frame].items;
    items.push_back({.kind = kind, .net = net_});
    return static_cast<int>(items.size()) - 1;
  }

  Piece link(int frame, int source, int sink, int port) {
    auto& links = plan_.interiors[frame].links;
    auto [at, is_new] = links_.emplace(std::array{frame, sink, port}, static_cast<int>(links.size()));
    if (is_new) links.push_back({.net = net_, .source = source, .sink = sink, .port = port});
    return {frame, at->second};
  }

  void turn_back(const Piece& piece, const Sink& sink) {
    Link& link = plan_.interiors[piece.frame].links[piece.link];
    link.backward = true;
    link.label = sink.label;
  }

  const Sketch& sketch_;
  Plan& plan_;
  const std::vector<int>& item_of_;
  int net_;
  std::map<int, size_t> depth_of_;  // frames around the source, the innermost being 0
  std::vector<int> rising_;         // what of each of them the source is in
  std::map<int, int> in_ports_, out_ports_;
  std::map<std::array<int, 3>, int> links_;
};

}  // namespace

Plan split(const Sketch& sketch) {
  const int boxes = static_cast<int>(sketch.boxes.size());
  invariant(boxes > 0 && sketch.boxes[0].frame, "box 0 of a sketch is the root frame");
  Plan plan;
  plan.interiors.resize(boxes);
  std::vector<int> item_of(boxes, -1);
  for (int box = 0; box < boxes; ++box) {
    plan.interiors[box].frame = box;
    plan.interiors[box].direction = sketch.boxes[box].direction;
    plan.interiors[box].columns = sketch.boxes[box].columns;
    const int parent = sketch.boxes[box].parent;
    invariant(parent < box && (box == 0 || parent >= 0), "a box of a sketch comes after its frame");
    if (parent < 0) continue;
    item_of[box] = static_cast<int>(plan.interiors[parent].items.size());
    plan.interiors[parent].items.push_back(
        {.kind = Item::Kind::box, .box = box, .place = sketch.boxes[box].place});
    if (sketch.boxes[box].below) plan.interiors[parent].items.back().below = item_of[box] - 1;
  }
  plan.pieces.resize(sketch.nets.size());
  for (size_t net = 0; net < sketch.nets.size(); ++net) {
    Splitter splitter(sketch, plan, item_of, static_cast<int>(net));
    for (const Sink& sink : sketch.nets[net].sinks)
      plan.pieces[net].push_back(sink.way == Sink::Way::apart ? std::vector<Piece>{}
                                                              : splitter.pieces_to(sink));
  }
  return plan;
}

}  // namespace orrery::layout
