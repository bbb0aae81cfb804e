#include <cmath>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

/// A neighbour in the next row, with the place inside it that the line comes from or goes to.
struct End {
  int item;
  double place;  // −0.5 … 0.5 of the neighbour's breadth
};

/// What of its neighbours an item is drawn to.
enum class Middle { mean, median };

class Rows {
 public:
  explicit Rows(Interior& in) : in_(in), up_(in.items.size()), down_(in.items.size()) {
    for (const Hop& hop : in.hops) {
      up_[hop.lower].push_back({hop.upper, place(hop.upper, hop.upper_offset)});
      down_[hop.upper].push_back({hop.lower, place(hop.lower, entry(hop))});
    }
    for (size_t rank = 1; rank < in.spine.size(); ++rank) {
      down_[in.spine[rank - 1]].push_back({in.spine[rank], 0});
      up_[in.spine[rank]].push_back({in.spine[rank - 1], 0});
    }
  }

  int count() const { return static_cast<int>(in_.rows.size()); }

  void number() {
    for (auto& row : in_.rows) number(row);
  }

  // Items that have no neighbour keep their place; the others are sorted into the places that remain.
  void sort_row(int rank, bool downwards, Middle middle) {
    auto& row = in_.rows[rank];
    const auto& ends = downwards ? up_ : down_;
    std::vector<std::pair<long long, int>> moved;
    std::vector<size_t> places;
    for (size_t i = 0; i < row.size(); ++i) {
      if (ends[row[i]].empty()) continue;
      places.push_back(i);
      moved.emplace_back(std::llround(1e6 * middle_of(ends[row[i]], middle)), row[i]);
    }
    std::stable_sort(moved.begin(), moved.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t i = 0; i < places.size(); ++i) row[places[i]] = moved[i].second;
    number(row);
  }

  // Neighbours change places where that uncrosses lines; with `equals` also where it changes nothing, from
  // where others may go on.
  bool transpose_row(int rank, bool equals) {
    auto& row = in_.rows[rank];
    bool better = false;
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      const int a = row[i], b = row[i + 1];
      const long now = crossings(up_[a], up_[b]) + crossings(down_[a], down_[b]);
      const long then = crossings(up_[b], up_[a]) + crossings(down_[b], down_[a]);
      if (then > now || (then == now && !equals)) continue;
      std::swap(row[i], row[i + 1]);
      better = better || then < now;
    }
    number(row);
    return better;
  }

  // In the order in which a search along the lines meets the items, from one end of the frame.
  void put_by_search(bool downwards) {
    std::vector<std::vector<int>> starts = in_.rows;
    if (!downwards) std::reverse(starts.begin(), starts.end());
    for (auto& row : in_.rows) row.clear();
    std::vector<bool> met(in_.items.size(), false);
    for (const auto& row : starts)
      for (const int start : row) search_from(start, downwards ? down_ : up_, met);
    number();
  }

  // Inversions of the lower ends, upper ends sorted (Barth, Jünger, Mutzel 2002).
  long crossings() const {
    long sum = 0;
    for (int rank = 0; rank + 1 < count(); ++rank) sum += crossings_below(rank);
    return sum;
  }

 private:
  double place(int item, double offset) const {
    return in_.items[item].breadth > 0 ? 0.9 * offset / in_.items[item].breadth : 0;
  }
  double entry(const Hop& hop) const {
    const auto at = in_.in_offsets.find({hop.lower, in_.chains[hop.chain].net});
    return at == in_.in_offsets.end() ? 0 : at->second;
  }
  double position(const End& end) const { return in_.items[end.item].order + end.place; }
  double middle_of(const std::vector<End>& ends, Middle middle) const {
    if (middle == Middle::mean) {
      double sum = 0;
      for (const End& end : ends) sum += position(end);
      return sum / static_cast<double>(ends.size());
    }
    std::vector<double> places;
    for (const End& end : ends) places.push_back(position(end));
    std::sort(places.begin(), places.end());
    const size_t half = places.size() / 2;
    return places.size() % 2 == 1 ? places[half] : (places[half - 1] + places[half]) / 2;
  }
  void search_from(int start, const std::vector<std::vector<End>>& next, std::vector<bool>& met) {
    std::vector<int> open;
    const auto meet = [&](int item) {
      if (!met[item]) open.push_back(item);
      met[item] = true;
    };
    for (meet(start); !open.empty();) {
      const int item = open.back();
      open.pop_back();
      in_.rows[in_.items[item].rank].push_back(item);
      for (auto end = next[item].rbegin(); end != next[item].rend(); ++end) meet(end->item);
    }
  }
  void number(const std::vector<int>& row) {
    for (size_t i = 0; i < row.size(); ++i) in_.items[row[i]].order = static_cast<int>(i);
  }
  // Pairs of lines of which that of `left` ends to the right of that of `right`.
  long crossings(const std::vector<End>& left, const std::vector<End>& right) const {
    long count = 0;
    for (const End& a : left)
      for (const End& b : right) count += position(a) > position(b) + 1e-9;
    return count;
  }
  long crossings_below(int rank) const {
    std::vector<int> lower;  // orders, sorted by the upper end
    for (int item : in_.rows[rank]) {
      const size_t begin = lower.size();
      for (const End& end : down_[item]) lower.push_back(in_.items[end.item].order);
      std::sort(lower.begin() + static_cast<long>(begin), lower.end());
    }
    const size_t size = in_.rows[rank + 1].size();
    std::vector<long> tree(size + 1, 0);
    long count = 0, seen = 0;
    for (int at : lower) {
      long not_after = 0;
      for (int i = at + 1; i > 0; i -= i & -i) not_after += tree[i];
      count += seen++ - not_after;
      for (size_t i = static_cast<size_t>(at) + 1; i <= size; i += i & (~i + 1)) ++tree[i];
    }
    return count;
  }

  Interior& in_;
  std::vector<std::vector<End>> up_, down_;
};

// Who reads first what comes in through each port, and as which of its inputs.
std::vector<std::pair<int, int>> first_readers(const Interior& in) {
  std::vector<std::pair<int, int>> first(in.items.size(), {static_cast<int>(in.items.size()), 0});
  for (const Link& link : in.links)
    if (in.items[link.source].kind == Item::Kind::in_port)
      first[link.source] = std::min(first[link.source], {link.sink, link.port});
  return first;
}

// In the order of construction, which is the reader's; what depends on nothing (a label, a constant) and
// lines that pass stand to the right of what flows.
void put_in_rows(Interior& in) {
  std::vector<bool> reads(in.items.size(), false);
  for (const Link& link : in.links) reads[link.sink] = true;
  const auto group = [&](int item) {
    const Item::Kind kind = in.items[item].kind;
    return kind == Item::Kind::bend                  ? (in.items[item].main ? 0 : 2)
           : kind == Item::Kind::box && !reads[item] ? 1
                                                     : 0;
  };
  const std::vector<std::pair<int, int>> first = first_readers(in);
  for (auto& row : in.rows) row.clear();
  for (size_t i = 0; i < in.items.size(); ++i) in.rows[in.items[i].rank].push_back(static_cast<int>(i));
  for (auto& row : in.rows)
    std::stable_sort(row.begin(), row.end(), [&](int a, int b) {
      return std::pair(group(a), first[a]) < std::pair(group(b), first[b]);
    });
}

void transpose(Rows& rows, bool equals) {
  for (int round = 0; round < 4; ++round) {
    bool better = false;
    for (int rank = 0; rank < rows.count(); ++rank)
      better = rows.transpose_row(rank, equals && round == 0) || better;
    if (!better) return;
  }
}

void sweep(Rows& rows, bool downwards, Middle middle) {
  for (int i = 1; i < rows.count(); ++i)
    rows.sort_row(downwards ? i : rows.count() - 1 - i, downwards, middle);
}

/// The best order seen: the first one that has so few crossings.
class Best {
 public:
  Best(const Interior& in, const Rows& rows) : rows_(in.rows), crossings_(rows.crossings()) {}

  void take(const Interior& in, const Rows& rows) {
    const long now = rows.crossings();
    if (now < crossings_) rows_ = in.rows, crossings_ = now;
  }
  long crossings() const { return crossings_; }
  std::vector<std::vector<int>>& rows() { return rows_; }

 private:
  std::vector<std::vector<int>> rows_;
  long crossings_;
};

/// A first order and the way to better it.
struct Start {
  enum class Order { construction, search_down, search_up } order;
  Middle middle;
  bool downwards;  ///< goes the first sweep
};

// The order of construction comes first: where all are as good, it is the reader's own.
std::vector<Start> starts() {
  using Order = Start::Order;
  std::vector<Start> result;
  for (const bool downwards : {true, false})
    for (const Middle middle : {Middle::mean, Middle::median})
      for (const Order order : {Order::construction, Order::search_down, Order::search_up})
        result.push_back({order, middle, downwards});
  return result;
}

// Columns stand as they were given; what comes in and goes out follows them.
void keep_columns(Interior& in, Rows& rows) {
  for (auto& row : in.rows) {
    std::vector<int> boxes;
    for (int item : row)
      if (in.items[item].kind == Item::Kind::box) boxes.push_back(item);
    std::sort(boxes.begin(), boxes.end());
    size_t next = 0;
    for (int& item : row)
      if (in.items[item].kind == Item::Kind::box) item = boxes[next++];
  }
  rows.number();
  const auto has_box = [&](const auto& row) {
    return std::any_of(row.begin(), row.end(),
                       [&](int item) { return in.items[item].kind == Item::Kind::box; });
  };
  if (!has_box(in.rows.front())) rows.sort_row(0, false, Middle::mean);
  if (!has_box(in.rows.back())) rows.sort_row(rows.count() - 1, true, Middle::mean);
}

// Boxes whose order somebody wants change places with each other alone.
void put_as_wanted(Interior& in) {
  for (auto& row : in.rows) {
    std::vector<size_t> places;
    std::vector<int> wanted;
    for (size_t i = 0; i < row.size(); ++i)
      if (in.items[row[i]].place >= 0) places.push_back(i), wanted.push_back(row[i]);
    std::stable_sort(wanted.begin(), wanted.end(),
                     [&](int a, int b) { return in.items[a].place < in.items[b].place; });
    for (size_t i = 0; i < places.size(); ++i) row[places[i]] = wanted[i];
  }
}

/// How broad the boxes are that stand on one side of the main line, in that rank of some where most do.
struct Sides {
  double left = 0, right = 0;
};

Sides sides_along(const Interior& in, const Chain& chain) {
  Sides most;
  for (size_t i = 0; i < chain.bends.size(); ++i) {
    const size_t rank = static_cast<size_t>(chain.first_rank) + i;
    Sides here;
    for (int item : in.rows[rank])
      (in.items[item].order < in.items[in.spine[rank]].order ? here.left : here.right) +=
          item == in.spine[rank] ? 0 : in.items[item].breadth;
    most.left = std::max(most.left, here.left), most.right = std::max(most.right, here.right);
  }
  return most;
}

bool is_right_of_main(const Interior& in, const Chain& chain) {
  for (size_t i = 0; i < chain.bends.size(); ++i) {
    const int bend = chain.bends[i], main = in.spine[static_cast<size_t>(chain.first_rank) + i];
    if (bend == main || in.items[bend].order < in.items[main].order) return false;
  }
  return !chain.bends.empty();
}

// A line from the main one runs on its left where boxes stand on its right alone, and no more lines cross for
// it.
void change_sides(Interior& in, Rows& rows) {
  const double worth = 30;        // points of breadth
  const size_t effort = 400'000;  // lines that are looked at
  size_t tries = effort / (in.hops.size() + 1);
  for (const Chain& chain : in.chains) {
    if (tries == 0) return;
    if (chain.backward || !in.items[chain.source].main || !is_right_of_main(in, chain)) continue;
    const Sides sides = sides_along(in, chain);
    if (sides.right < sides.left + worth) continue;
    --tries;
    const long crossings = rows.crossings();
    const std::vector<std::vector<int>> before = in.rows;
    for (size_t i = 0; i < chain.bends.size(); ++i) {
      auto& row = in.rows[static_cast<size_t>(chain.first_rank) + i];
      row.erase(std::find(row.begin(), row.end(), chain.bends[i]));
      row.insert(row.begin(), chain.bends[i]);
    }
    rows.number();
    if (rows.crossings() <= crossings) continue;
    in.rows = before;
    rows.number();
  }
}

}  // namespace

void order(Interior& in) {
  const int sweeps = 12;          // from each start
  const size_t effort = 200'000;  // lines that all sweeps together look at
  const size_t broad = 400;       // transposition compares all lines of neighbours
  put_in_rows(in);
  Rows rows(in);
  rows.number();
  const bool narrow =
      std::all_of(in.rows.begin(), in.rows.end(), [&](const auto& row) { return row.size() <= broad; });
  const std::vector<std::vector<int>> first = in.rows;
  Best best(in, rows);
  int left = std::max(sweeps, static_cast<int>(effort / (in.hops.size() + 1)));
  for (const Start& start : starts()) {
    if (best.crossings() == 0 || left == 0) break;
    in.rows = first;
    rows.number();
    if (start.order != Start::Order::construction)
      rows.put_by_search(start.order == Start::Order::search_down);
    for (int i = 0; i < sweeps && best.crossings() > 0 && left > 0; ++i, --left) {
      sweep(rows, (i % 2 == 0) == start.downwards, start.middle);
      if (narrow) transpose(rows, i % 4 >= 2);
      best.take(in, rows);
    }
  }
  in.rows = std::move(best.rows());
  rows.number();
  if (!in.columns) change_sides(in, rows);
  put_as_wanted(in);
  rows.number();
  if (in.columns) keep_columns(in, rows);
}

}  // namespace orrery::layout
