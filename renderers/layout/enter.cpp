#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

/// The lines that enter one leaf, from left to right.
class Entries {
 public:
  /// `turning`: links that come from below and turn to the leaf's start.
  Entries(Interior& in, int leaf, std::vector<int> hops, std::vector<int> turning)
      : in_(in), leaf_(leaf), hops_(std::move(hops)), turning_(std::move(turning)), main_(0) {
    std::sort(hops_.begin(), hops_.end(), [&](int a, int b) { return key(a) < key(b); });
    for (size_t i = 1; i < hops_.size(); ++i)
      if (weight(hops_[i]) < weight(hops_[main_])) main_ = i;
  }

  void give_sides() {
    if (hops_.size() < 2) return;
    if (main_ + 1 < hops_.size() && try_side(hops_.back(), 1)) hops_.pop_back();
    if (main_ > 0 && try_side(hops_.front(), -1)) {
      hops_.erase(hops_.begin());
      --main_;
    }
  }

  void spread(double pitch) {
    const double corner = 3;
    const double right = static_cast<double>(hops_.size() + turning_.size()) - 1 - static_cast<double>(main_);
    if (const double more = std::max(static_cast<double>(main_), right); more > 0)
      pitch = std::min(pitch, (in_.items[leaf_].breadth / 2 - corner) / more);
    for (size_t i = 0; i < hops_.size(); ++i) {
      Hop& hop = in_.hops[hops_[i]];
      hop.lower_offset = in_.links[hop.link].offset =
          pitch * (static_cast<double>(i) - static_cast<double>(main_));
    }
    for (size_t i = 0; i < turning_.size(); ++i)
      in_.links[turning_[i]].offset =
          pitch * (static_cast<double>(i + hops_.size()) - static_cast<double>(main_));
  }

 private:
  std::pair<double, int> key(int hop) const {
    const Item& upper = in_.items[in_.hops[hop].upper];
    const double offset = upper.breadth > 0 ? 0.9 * in_.hops[hop].upper_offset / upper.breadth : 0;
    return {upper.order + offset, in_.links[in_.hops[hop].link].port};
  }
  // The main line enters in the middle, else the line of the first port.
  int weight(int hop) const {
    const bool main = in_.items[leaf_].main && in_.items[in_.hops[hop].upper].main;
    return in_.links[in_.hops[hop].link].port - (main ? 1 << 20 : 0);
  }

  // A line comes down beside the leaf when nothing is between. One from the main line would have to
  // turn away first.
  bool try_side(int index, int side) {
    const Hop hop = in_.hops[index];
    if (in_.items[hop.upper].main) return false;
    for (int other : hops_)
      if (other != index && in_.hops[other].upper == hop.upper) return false;
    Chain& chain = in_.chains[hop.chain];
    const int rank = in_.items[leaf_].rank;
    const int place = in_.items[leaf_].order + (side > 0 ? 1 : 0);
    const int last = chain.first_rank + static_cast<int>(chain.bends.size());
    if (rank < last) {
      const int beside = in_.items[leaf_].order + side;
      if (in_.items[chain.bends[rank - chain.first_rank]].order != beside) return false;
      in_.hops[index].lower = -1;
    } else {
      in_.hops[index].lower = insert_bend(chain, rank, place);
      in_.hops[index].link = -1;
    }
    in_.links[hop.link].side = side;
    return true;
  }

  int insert_bend(Chain& chain, int rank, int place) {
    const int bend = static_cast<int>(in_.items.size());
    in_.items.push_back({.kind = Item::Kind::bend, .net = chain.net, .rank = rank});
    chain.bends.push_back(bend);
    auto& row = in_.rows[rank];
    row.insert(row.begin() + place, bend);
    for (size_t i = 0; i < row.size(); ++i) in_.items[row[i]].order = static_cast<int>(i);
    return bend;
  }

  Interior& in_;
  int leaf_;
  std::vector<int> hops_, turning_;
  size_t main_;
};

}  // namespace

void enter(Interior& in, const Sketch& sketch) {
  std::vector<std::vector<int>> entering(in.items.size()), turning(in.items.size());
  for (size_t i = 0; i < in.hops.size(); ++i) {
    Hop& hop = in.hops[i];
    if (hop.link < 0 || in.items[hop.lower].kind != Item::Kind::box) continue;
    if (sketch.boxes[in.items[hop.lower].box].frame)
      hop.lower_offset = in.links[hop.link].offset = in.in_offsets.at({hop.lower, in.chains[hop.chain].net});
    else
      entering[hop.lower].push_back(static_cast<int>(i));
  }
  for (size_t i = 0; i < in.links.size(); ++i) {
    Link& link = in.links[i];
    if (!link.backward) continue;
    if (sketch.boxes[in.items[link.sink].box].frame)
      link.offset = in.in_offsets.at({link.sink, link.net});
    else
      turning[link.sink].push_back(static_cast<int>(i));
  }
  for (size_t leaf = 0; leaf < entering.size(); ++leaf) {
    if (entering[leaf].empty() && turning[leaf].empty()) continue;
    Entries entries(in, static_cast<int>(leaf), entering[leaf], turning[leaf]);
    if (sketch.boxes[in.items[leaf].box].side_entry) entries.give_sides();
    entries.spread(sketch.spacing.port);
  }
  std::erase_if(in.hops, [](const Hop& hop) { return hop.lower < 0; });
}

}  // namespace orrery::layout
