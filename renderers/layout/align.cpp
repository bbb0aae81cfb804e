#include <map>
#include <set>

#include "renderers/layout/passes.h"
#include "runtime/core/error.h"

namespace orrery::layout {
namespace {

/// Chooses the lines that become straight. In each channel those lines do not cross, and an item has
/// at most one to each side, so that items fall into vertical blocks (Brandes and Köpf 2001).
class Alignment {
 public:
  explicit Alignment(const Interior& in)
      : in_(in),
        below_(in.items.size(), -1),
        offset_(in.items.size(), 0),
        lower_taken_(in.items.size(), false),
        pairs_(in.rows.size()) {}

  void keep(int upper, int lower, double offset) {
    auto& pairs = pairs_[in_.items[upper].rank];
    const int from = in_.items[upper].order, to = in_.items[lower].order;
    if (below_[upper] >= 0 || lower_taken_[lower]) return;
    const auto after = pairs.lower_bound(from);
    if (after != pairs.end() && after->second <= to) return;
    if (after != pairs.begin() && std::prev(after)->second >= to) return;
    pairs.emplace(from, to);
    below_[upper] = lower;
    offset_[lower] = offset;
    lower_taken_[lower] = true;
  }

  int below(int item) const { return below_[item]; }
  bool begins_block(int item) const { return !lower_taken_[item]; }
  /// Of the item's middle from that of the item above it.
  double offset(int item) const { return offset_[item]; }

 private:
  const Interior& in_;
  std::vector<int> below_;
  std::vector<double> offset_;
  std::vector<bool> lower_taken_;
  std::vector<std::map<int, int>> pairs_;  // orders of the kept lines, by rank
};

bool on_line(const Item& item) { return item.kind == Item::Kind::bend; }

// Which lines matter most: the main line, long lines, then those that are their items' only ones.
std::vector<int> hops_by_weight(const Interior& in) {
  std::vector<int> above(in.items.size(), 0), below(in.items.size(), 0);
  for (const Hop& hop : in.hops) ++below[hop.upper], ++above[hop.lower];
  const auto weight = [&](const Hop& hop) {
    const Item &upper = in.items[hop.upper], &lower = in.items[hop.lower];
    if (on_line(upper) && on_line(lower)) return 0;
    const int only = (above[hop.lower] == 1) + (below[hop.upper] == 1);
    return 3 - only;
  };
  std::vector<int> result(in.hops.size());
  for (size_t i = 0; i < result.size(); ++i) result[i] = static_cast<int>(i);
  std::stable_sort(result.begin(), result.end(),
                   [&](int a, int b) { return weight(in.hops[a]) < weight(in.hops[b]); });
  return result;
}

Alignment aligned(const Interior& in) {
  Alignment alignment(in);
  std::map<std::pair<int, int>, double> main_offsets;
  for (const Hop& hop : in.hops)
    if (in.items[hop.upper].main && in.items[hop.lower].main)
      main_offsets.emplace(std::pair(hop.upper, hop.lower), hop.upper_offset - hop.lower_offset);
  for (size_t rank = 1; rank < in.spine.size(); ++rank) {
    const auto at = main_offsets.find({in.spine[rank - 1], in.spine[rank]});
    alignment.keep(in.spine[rank - 1], in.spine[rank], at == main_offsets.end() ? 0 : at->second);
  }
  for (int index : hops_by_weight(in)) {
    const Hop& hop = in.hops[index];
    alignment.keep(hop.upper, hop.lower, hop.upper_offset - hop.lower_offset);
  }
  return alignment;
}

/// Items that stand in one line; `place` is where the first of them stands.
struct Blocks {
  std::vector<int> of;         // by item
  std::vector<double> offset;  // by item
  std::vector<double> place;   // by block
};

Blocks blocks_of(const Interior& in, const Alignment& alignment) {
  Blocks blocks{std::vector<int>(in.items.size()), std::vector<double>(in.items.size()), {}};
  for (size_t first = 0; first < in.items.size(); ++first) {
    if (!alignment.begins_block(static_cast<int>(first))) continue;
    double offset = 0;
    for (int item = static_cast<int>(first); item >= 0; item = alignment.below(item)) {
      if (item != static_cast<int>(first)) offset += alignment.offset(item);
      blocks.of[item] = static_cast<int>(blocks.place.size());
      blocks.offset[item] = offset;
    }
    blocks.place.push_back(0);
  }
  return blocks;
}

double gap(const Item& left, const Item& right, const Spacing& spacing) {
  const bool left_line = left.breadth == 0, right_line = right.breadth == 0;
  if (left_line && right_line) return spacing.lane;
  return left_line || right_line ? spacing.beside : spacing.box;
}

/// Pushes the blocks on one side of the main line outwards, no farther than needed: longest paths in
/// the acyclic relation "stands next to".
class Packing {
 public:
  Packing(const Interior& in, Blocks& blocks, int side, const Spacing& spacing)
      : in_(in),
        blocks_(blocks),
        side_(side),
        spacing_(spacing),
        next_(blocks.place.size()),
        missing_(blocks.place.size(), 0) {}

  void run() {
    for (size_t rank = 0; rank < in_.rows.size(); ++rank)
      relate(in_.rows[rank], in_.items[in_.spine[rank]].order);
    const int main = blocks_.of[in_.spine[0]];
    std::vector<double> reach(blocks_.place.size(), -1e30);
    std::set<int> ready{main};
    size_t placed = 0;
    for (; !ready.empty(); ++placed) {
      const int block = *ready.begin();
      ready.erase(ready.begin());
      if (block != main) blocks_.place[block] = side_ * reach[block];
      sequence_.push_back(block);
      for (const auto& [to, distance] : next_[block]) {
        reach[to] = std::max(reach[to], side_ * blocks_.place[block] + distance);
        if (--missing_[to] == 0) ready.insert(to);
      }
    }
    invariant(placed == taking_part_.size() || taking_part_.empty(), "blocks of a diagram stand in a circle");
  }

  /// Moves blocks outwards, the outermost first, to where one of their lines becomes straight, if nothing
  /// is in the way.
  void straighten(const std::vector<std::vector<double>>& wishes) {
    for (size_t i = sequence_.size(); i-- > 1;) {
      const int block = sequence_[i];
      const double now = side_ * blocks_.place[block];
      double most = 1e30, best = 1e30;
      for (const auto& [to, distance] : next_[block])
        most = std::min(most, side_ * blocks_.place[to] - distance);
      for (double wish : wishes[block])
        if (side_ * wish >= now && side_ * wish <= most) best = std::min(best, side_ * wish);
      if (best < 1e30) blocks_.place[block] = side_ * best;
    }
  }

 private:
  void relate(const std::vector<int>& row, int main) {
    for (int i = main; i + side_ >= 0 && i + side_ < static_cast<int>(row.size()); i += side_) {
      const Item &inner = in_.items[row[i]], &outer = in_.items[row[i + side_]];
      const double distance = (side_ > 0 ? inner.after + outer.before : inner.before + outer.after) +
                              gap(inner, outer, spacing_) +
                              side_ * (blocks_.offset[row[i]] - blocks_.offset[row[i + side_]]);
      next_[blocks_.of[row[i]]].emplace_back(blocks_.of[row[i + side_]], distance);
      ++missing_[blocks_.of[row[i + side_]]];
      taking_part_.insert({blocks_.of[row[i]], blocks_.of[row[i + side_]]});
    }
  }

  const Interior& in_;
  Blocks& blocks_;
  int side_;
  const Spacing& spacing_;
  std::vector<std::vector<std::pair<int, double>>> next_;
  std::vector<int> missing_;
  std::set<int> taking_part_;
  std::vector<int> sequence_;  // from the main line outwards
};

// Where a block would have to stand for one of its bent lines to be straight.
std::vector<std::vector<double>> wishes_of(const Interior& in, const Blocks& blocks) {
  std::vector<std::vector<double>> wishes(blocks.place.size());
  for (const Hop& hop : in.hops) {
    const int upper = blocks.of[hop.upper], lower = blocks.of[hop.lower];
    if (upper == lower) continue;
    const double from = blocks.offset[hop.upper] + hop.upper_offset,
                 to = blocks.offset[hop.lower] + hop.lower_offset;
    wishes[upper].push_back(blocks.place[lower] + to - from);
    wishes[lower].push_back(blocks.place[upper] + from - to);
  }
  return wishes;
}

}  // namespace

void align(Interior& in, const Spacing& spacing) {
  if (in.rows.empty()) return;
  Blocks blocks = blocks_of(in, aligned(in));
  for (int side : {1, -1}) {
    Packing packing(in, blocks, side, spacing);
    packing.run();
    packing.straighten(wishes_of(in, blocks));
  }
  for (size_t i = 0; i < in.items.size(); ++i)
    in.items[i].across = blocks.place[blocks.of[i]] + blocks.offset[i];
}

}  // namespace orrery::layout
