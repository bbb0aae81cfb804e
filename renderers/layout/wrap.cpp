#include <cmath>
#include <limits>
#include <map>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

/// Where a frame may be broken: before a rank, through lines that all go on.
struct Break {
  size_t rank = 0;            ///< the first of the next column
  double at = 0;              ///< along; only lines are there
  double row = 0;             ///< along, where the rank begins
  std::vector<double> lines;  ///< across, from left to right
  bool backward = false;      ///< a line against the flow passes: it could not be led round

  double lanes(const Spacing& spacing) const {
    return lines.empty() ? 0 : spacing.lane * (static_cast<double>(lines.size()) - 1);
  }
};

/// The room across of a part of the contents.
struct Extent {
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();

  void take(double a, double b) { low = std::min(low, a), high = std::max(high, b); }
  void take(const Extent& other) { take(other.low, other.high); }
  double breadth() const { return std::max(0.0, high - low); }
};

double row_begin(const Interior& in, size_t rank) {
  double begin = std::numeric_limits<double>::max();
  for (int item : in.rows[rank])
    if (in.items[item].kind == Item::Kind::box) begin = std::min(begin, in.items[item].along);
  return begin;
}

/// The places where a frame may be broken, in the order of the flow.
class Breaks {
 public:
  Breaks(const Interior& in, size_t most_lines) : in_(in) {
    const double before_row = 2;  // less than the room of an arrow, so that no lane is there
    const double none = std::numeric_limits<double>::max();
    for (size_t rank = 1; rank < in.rows.size(); ++rank) {
      const double row = row_begin(in, rank);
      if (row < none && row_begin(in, rank - 1) < none)
        breaks_.push_back({.rank = rank, .at = row - before_row, .row = row});
    }
    for (const Link& link : in.links)
      for (size_t i = 1; i < link.path.size(); ++i) take_line(link.path[i - 1], link.path[i]);
    std::erase_if(breaks_, [&](const Break& one) { return one.backward || one.lines.size() > most_lines; });
    for (Break& one : breaks_) std::sort(one.lines.begin(), one.lines.end());
  }

  const std::vector<Break>& all() const { return breaks_; }

 private:
  void take_line(Point a, Point b) {
    const auto [low, high] = std::minmax(a.y, b.y);
    auto one = std::lower_bound(breaks_.begin(), breaks_.end(), low,
                                [](const Break& some, double along) { return some.at <= along; });
    for (; one != breaks_.end() && one->at < high; ++one) {
      one->backward = one->backward || a.y > b.y;
      const auto same = [&](double across) { return std::abs(across - a.x) < 1e-6; };
      if (std::none_of(one->lines.begin(), one->lines.end(), same)) one->lines.push_back(a.x);
    }
  }

  const Interior& in_;
  std::vector<Break> breaks_;
};

/// Chooses the breaks for which all columns together are narrowest, none longer than the limit: shortest
/// paths over the places. Among those, few lines are broken and the columns are about equally long.
class Choice {
 public:
  Choice(const Interior& in, const std::vector<Break>& breaks, const Spacing& spacing, double longest)
      : in_(in), breaks_(breaks), spacing_(spacing), longest_(longest), parts_(breaks.size() + 1) {
    measure();
  }

  std::vector<Break> best() const {
    const size_t ends = breaks_.size() + 2;  // the start, the breaks and the end
    std::vector<double> cost(ends, std::numeric_limits<double>::max());
    std::vector<size_t> from(ends, 0);
    cost[0] = 0;
    for (size_t end = 1; end < ends; ++end) {
      Extent extent;
      for (size_t begin = end; begin-- > 0;) {
        extent.take(parts_[begin]);
        const double length = column_length(begin, end);
        if (length > longest_ && begin + 1 < end) break;
        const double now = cost[begin] + cost_of(extent, length) + cost_of_break(end);
        if (now < cost[end]) cost[end] = now, from[end] = begin;
      }
    }
    std::vector<Break> chosen;
    for (size_t end = from[ends - 1]; end > 0; end = from[end])
      chosen.insert(chosen.begin(), breaks_[end - 1]);
    return chosen;
  }

 private:
  size_t part_of_rank(int rank) const {
    const auto after = std::upper_bound(breaks_.begin(), breaks_.end(), static_cast<size_t>(rank),
                                        [](size_t r, const Break& one) { return r < one.rank; });
    return static_cast<size_t>(after - breaks_.begin());
  }
  size_t part_of(double along) const {
    const auto after = std::upper_bound(breaks_.begin(), breaks_.end(), along,
                                        [](double a, const Break& one) { return a < one.at; });
    return static_cast<size_t>(after - breaks_.begin());
  }

  void measure() {
    for (const Item& item : in_.items)
      if (item.kind != Item::Kind::axis)
        parts_[part_of_rank(item.rank)].take(item.across - item.before, item.across + item.after);
    for (const Link& link : in_.links)
      for (size_t i = 1; i < link.path.size(); ++i) {
        const auto [left, right] = std::minmax(link.path[i - 1].x, link.path[i].x);
        const auto [low, high] = std::minmax(link.path[i - 1].y, link.path[i].y);
        for (size_t part = part_of(low); part <= part_of(high); ++part) parts_[part].take(left, right);
      }
  }

  double row(size_t end) const {
    return end == 0 ? 0 : end > breaks_.size() ? in_.length : breaks_[end - 1].row;
  }
  // With the lanes at its head and its foot.
  double column_length(size_t begin, size_t end) const {
    double length = row(end) - row(begin);
    if (begin > 0) length += spacing_.lane / 2 + breaks_[begin - 1].lanes(spacing_) + spacing_.arrow;
    if (end <= breaks_.size()) length += spacing_.lane / 2 + breaks_[end - 1].lanes(spacing_);
    return length;
  }
  double cost_of(const Extent& extent, double length) const {
    const double uneven = 12, too_long = 1e6;
    const double slack = (longest_ - length) / longest_;
    return extent.breadth() + (slack >= 0 ? uneven * slack * slack : too_long * -slack);
  }
  double cost_of_break(size_t end) const {
    if (end > breaks_.size()) return 0;
    const double line = 8;  // points of breadth that are worth one line less that is led round
    return 2 * spacing_.beside + breaks_[end - 1].lanes(spacing_) +
           line * static_cast<double>(breaks_[end - 1].lines.size());
  }

  const Interior& in_;
  const std::vector<Break>& breaks_;
  const Spacing& spacing_;
  double longest_;
  std::vector<Extent> parts_;  // between places
};

/// Stands columns side by side. Between two of them the lines that go on turn below the first, rise, and
/// turn again above the second. The rightmost line takes the innermost lanes, so that none crosses another.
class Columns {
 public:
  /// `returning`: results leave where they would if nothing were broken.
  Columns(Interior& in, const Spacing& spacing, const std::vector<Break>& breaks, bool returning)
      : in_(in), spacing_(spacing), breaks_(breaks), columns_(breaks.size() + 1) {
    if (!returning) return;
    for (size_t i = 0; i < in.items.size(); ++i)
      if (in.items[i].kind == Item::Kind::out_port) returning_.emplace(in.items[i].across, i);
  }

  /// That of the longest column when they stand.
  double length() {
    measure();
    place();
    return length_;
  }

  void stand() {
    measure();
    place();
    for (Link& link : in_.links) {
      link.path = led(link.path);
      link.label_at = link.label_at.moved(columns_[column_of(link.label_at.y)].move);
    }
    for (Item& item : in_.items) move(item);
    for (auto& [net, at] : in_.labels) at = at.moved(columns_[column_of(at.y)].move);
    in_.length = length_;
    lengthen_to_ports();
  }

 private:
  struct Column {
    Extent extent;  // before it is moved
    Point move;
    double gutter = 0;  // across, of the first lane behind it
    double foot = 0;    // along, of the first lane below it
  };

  size_t column_of_rank(size_t rank) const {
    size_t column = 0;
    while (column < breaks_.size() && rank >= breaks_[column].rank) ++column;
    return column;
  }
  size_t column_of(double along) const {
    size_t column = 0;
    while (column < breaks_.size() && along > breaks_[column].at) ++column;
    return column;
  }

  void measure() {
    for (const Item& item : in_.items)
      if (item.kind != Item::Kind::axis)
        columns_[column_of_rank(static_cast<size_t>(item.rank))].extent.take(item.across - item.before,
                                                                             item.across + item.after);
    for (const Link& link : in_.links)
      for (Point p : link.path) columns_[column_of(p.y)].extent.take(p.x, p.x);
    for (size_t i = 0; i < breaks_.size(); ++i)
      for (double line : breaks_[i].lines)
        columns_[i].extent.take(line, line), columns_[i + 1].extent.take(line, line);
  }

  // The first boxes of all columns are level.
  void place() {
    double first = in_.length;
    for (size_t rank = 0; rank < breaks_[0].rank; ++rank) first = std::min(first, row_begin(in_, rank));
    top_ = first;
    for (const Break& one : breaks_)
      top_ = std::max(top_, spacing_.lane / 2 + one.lanes(spacing_) + spacing_.arrow);
    columns_[0].move = {0, top_ - first};
    for (size_t i = 0; i < breaks_.size(); ++i) {
      Column &column = columns_[i], &next = columns_[i + 1];
      const double lanes = breaks_[i].lanes(spacing_);
      column.foot = breaks_[i].row + column.move.y;
      column.gutter = column.extent.high + column.move.x + spacing_.beside;
      length_ = std::max(length_, column.foot + lanes + spacing_.lane / 2);
      next.move = {column.gutter + lanes + spacing_.beside - next.extent.low, top_ - breaks_[i].row};
    }
    length_ = std::max(length_, in_.length + columns_.back().move.y);
    foot_ = length_;
    length_ += spacing_.lane * static_cast<double>(returning_.size());
  }

  // Ports stay where the contents begin and end.
  void move(Item& item) const {
    const Column& column = columns_[column_of_rank(static_cast<size_t>(item.rank))];
    if (item.kind == Item::Kind::axis)
      item.across = std::clamp(item.across, column.extent.low, column.extent.high);
    if (item.kind != Item::Kind::out_port || returning_.empty()) item.across += column.move.x;
    if (item.kind == Item::Kind::out_port)
      item.along += length_ - in_.length;
    else if (item.kind != Item::Kind::in_port)
      item.along += column.move.y;
  }

  void lengthen_to_ports() {
    for (Link& link : in_.links) {
      const Item &source = in_.items[link.source], &sink = in_.items[link.sink];
      if (source.kind == Item::Kind::in_port) link.path.front().y = source.along;
      if (sink.kind != Item::Kind::out_port) continue;
      const auto lane = returning_.find(sink.across);
      if (lane != returning_.end())
        lead_back(link.path, sink, static_cast<double>(std::distance(returning_.begin(), lane)));
      else
        link.path.back().y = sink.along;
    }
  }

  // Below all columns; the leftmost line takes the first lane, so that none crosses another.
  void lead_back(std::vector<Point>& path, const Item& port, double lane) const {
    path.back().y = foot_ + spacing_.lane * (lane + 0.5);
    path.push_back({port.across, path.back().y});
    path.push_back({port.across, port.along});
  }

  std::vector<Point> led(const std::vector<Point>& path) const {
    std::vector<Point> result;
    for (size_t i = 0; i < path.size(); ++i) {
      if (i > 0)
        for (size_t column = column_of(path[i - 1].y); column < column_of(path[i].y); ++column)
          lead(result, column, path[i].x);
      result.push_back(path[i] + columns_[column_of(path[i].y)].move);
    }
    return result;
  }

  void lead(std::vector<Point>& path, size_t index, double line) const {
    const auto& lines = breaks_[index].lines;
    size_t outer = 0;  // lines to the right
    while (outer + 1 < lines.size() && std::abs(lines[lines.size() - 1 - outer] - line) > 1e-6) ++outer;
    const double lane = spacing_.lane * static_cast<double>(outer);
    const double foot = columns_[index].foot + lane, gutter = columns_[index].gutter + lane;
    const double head = top_ - spacing_.arrow - breaks_[index].lanes(spacing_) + lane;
    path.push_back({line + columns_[index].move.x, foot});
    path.push_back({gutter, foot});
    path.push_back({gutter, head});
    path.push_back({line + columns_[index + 1].move.x, head});
  }

  Interior& in_;
  const Spacing& spacing_;
  const std::vector<Break>& breaks_;
  std::vector<Column> columns_;
  std::map<double, size_t> returning_;  // ports by their places across
  double top_ = 0, foot_ = 0, length_ = 0;
};

// What the frame and those around it need beside their contents.
double borders(const Sketch& sketch, int frame, bool upright) {
  double sum = 0;
  for (; frame >= 0; frame = sketch.boxes[frame].parent)
    sum += 2 * sketch.spacing.frame + (upright ? sketch.boxes[frame].title.height : 0);
  return sum;
}

// All columns have the lanes that one of them needs, which is known when they are chosen: where they come out
// too long they are chosen anew.
std::vector<Break> chosen_breaks(Interior& in, const Spacing& spacing, const Room& room, double longest,
                                 bool returning) {
  const int most = 4;
  const double most_lanes = 8;
  const Breaks breaks(in, room.lines);
  double limit = longest;
  std::vector<Break> chosen;
  for (int i = 0; i < most; ++i) {
    chosen = Choice(in, breaks.all(), spacing, std::max(1.0, limit)).best();
    if (chosen.empty()) return chosen;
    const double over = Columns(in, spacing, chosen, returning).length() - longest;
    if (over <= 0 || over > most_lanes * spacing.lane) return chosen;  // no lanes make up for a long box
    limit -= over;
  }
  return chosen;
}

}  // namespace

void wrap(Interior& in, const Sketch& sketch, const Room& room) {
  const bool upright = vertical(in.direction);
  const double whole = upright ? room.size.height : room.size.width;
  if (whole <= 0) return;
  const double share = in.frame == 0 ? 1 : room.share;
  const int parent = sketch.boxes[in.frame].parent;
  // What is stacked with others stays in line with them.
  const bool returning = parent >= 0 && sketch.boxes[parent].direction == in.direction;
  const double longest = std::max(1.0, whole - borders(sketch, in.frame, upright)) * share;
  if (in.length <= longest || in.columns) return;
  const std::vector<Break> chosen = chosen_breaks(in, sketch.spacing, room, longest, returning);
  if (!chosen.empty()) Columns(in, sketch.spacing, chosen, returning).stand();
}

}  // namespace orrery::layout
