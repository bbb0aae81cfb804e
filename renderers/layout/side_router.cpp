#include "renderers/layout/side_router.h"

#include <cmath>
#include <limits>
#include <queue>

namespace orrery::layout {
namespace {

constexpr double kBend = 14, kCrossing = 8, kAlong = 40, kWrongSide = 60, kOffMiddle = 1.5;
constexpr double kNear = 2.6;  // between two lines that run beside each other

bool level(Point a, Point b) { return a.y == b.y; }

// Sorted, without such as are the same but for rounding.
void tidy(std::vector<double>& places) {
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end(), [](double a, double b) { return b - a < 1e-6; }),
               places.end());
}

// Lanes where there is room between the places next to boxes.
void subdivide(std::vector<double>& places, double lane) {
  tidy(places);
  const std::vector<double> given = places;
  for (size_t i = 1; i < given.size(); ++i) {
    const double room = given[i] - given[i - 1];
    const int parts = static_cast<int>(room / lane);
    for (int k = 1; k < parts; ++k) places.push_back(given[i - 1] + room * k / parts);
  }
  std::sort(places.begin(), places.end());
}

size_t index_of(const std::vector<double>& places, double at) {
  return static_cast<size_t>(std::lower_bound(places.begin(), places.end(), at - 1e-6) - places.begin());
}

double overlap(double a, double b, double c, double d) {
  return std::min(std::max(a, b), std::max(c, d)) - std::max(std::min(a, b), std::min(c, d));
}

}  // namespace

SideRouter::SideRouter(const Sketch& sketch, const Net& net, int sink, const Rect& part)
    : sketch_(sketch), source_(net.source), sink_(sink) {
  collect(part);
  const double from = sketch.boxes[source_].at.middle().x, to = sketch.boxes[sink].at.middle().x;
  starts_ = ends_of(source_, sink, sketch.spacing.lane, to - from);
  goals_ = ends_of(sink, source_, sketch.spacing.arrow, from - to);
  add_forks(net);
  add_start_below();
  make_grid(part);
}

bool SideRouter::holds(int frame, int box) const {
  for (; box >= 0; box = sketch_.boxes[box].parent)
    if (box == frame) return true;
  return false;
}

void SideRouter::collect(const Rect& part) {
  const double clear = sketch_.spacing.lane / 2;
  const auto add = [&](const Rect& wall) {
    if (wall.overlaps(part)) walls_.push_back(wall);
  };
  for (size_t i = 1; i < sketch_.boxes.size(); ++i) {
    const SketchBox& box = sketch_.boxes[i];
    const int index = static_cast<int>(i);
    if (box.frame && box.title.width > 0) add(box.title_at.grown(1));
    if (index == source_ || index == sink_)
      add(box.at);
    else if (!box.frame || !(holds(index, source_) || holds(index, sink_)))
      add(box.at.grown(clear));
    else {
      borders_x_.insert(borders_x_.end(), {box.at.x, box.at.right()});
      borders_y_.insert(borders_y_.end(), {box.at.y, box.at.bottom()});
    }
  }
  for (const Net& net : sketch_.nets) {
    if (net.label.width > 0 && !net.sinks.empty()) add(net.label_at.grown(1));
    for (const Sink& sink : net.sinks)
      if (sink.label_at.width > 0) add(sink.label_at.grown(1));
  }
  collect_lines(part);
}

void SideRouter::collect_lines(const Rect& part) {
  for (const Net& net : sketch_.nets)
    for (const Sink& sink : net.sinks)
      for (size_t i = 1; i < sink.path.size(); ++i)
        if (spanned(sink.path[i - 1], sink.path[i]).grown(kNear).overlaps(part))
          lines_.push_back({sink.path[i - 1], sink.path[i]});
}

void SideRouter::make_grid(const Rect& part) {
  xs_ = {part.x, part.right()};
  ys_ = {part.y, part.bottom()};
  const auto add = [](std::vector<double>& places, double at, double low, double high) {
    if (at > low && at < high) places.push_back(at);
  };
  for (const Rect& wall : walls_) {
    for (double x : {wall.x - 1, wall.right() + 1}) add(xs_, x, part.x, part.right());
    for (double y : {wall.y - 1, wall.bottom() + 1}) add(ys_, y, part.y, part.bottom());
  }
  subdivide(xs_, sketch_.spacing.lane);
  subdivide(ys_, sketch_.spacing.lane);
  for (const auto* ends : {&starts_, &goals_})
    for (const End& end : *ends) xs_.push_back(end.turn.x), ys_.push_back(end.turn.y);
  tidy(xs_);
  tidy(ys_);
}

// Where lines may leave or enter the side of a box: around its middle, and level with the other end.
std::vector<double> SideRouter::levels(const SketchBox& box, const SketchBox& other) const {
  std::vector<double> found = {box.at.middle().y};
  if (!box.side_entry) return found;
  const double lane = std::min(sketch_.spacing.lane, 5.0);
  const int most = static_cast<int>(box.at.height / 2 / lane);
  for (int k = 1; k <= std::min(most, 6); ++k)
    for (const double sign : {-1.0, 1.0}) found.push_back(box.at.middle().y + sign * lane * k);
  for (const double away : {0.0, -lane, lane, -2 * lane, 2 * lane})
    found.push_back(other.at.middle().y + away);
  std::erase_if(found, [&](double y) { return y < box.at.y + 2.5 || y > box.at.bottom() - 2.5; });
  return found;
}

// On both sides of the box, that towards the other end for less.
std::vector<SideRouter::End> SideRouter::ends_of(int index, int other, double straight, double toward) const {
  std::vector<End> ends;
  const SketchBox& box = sketch_.boxes[index];
  for (const double side : {1.0, -1.0})
    for (const double y : levels(box, sketch_.boxes[other])) {
      const double x = side > 0 ? box.at.right() : box.at.x;
      End end{
          {x, y}, {x + side * straight, y}, box.stretch ? 0 : kOffMiddle * std::abs(y - box.at.middle().y)};
      if (blocked(end.border, end.turn) || price(end.border, end.turn) < 0) continue;
      if (side * toward < 0) end.cost += kWrongSide;
      ends.push_back(end);
    }
  return ends;
}

// Where both sides are taken, the line leaves another one of its value soon after that has left the box.
void SideRouter::add_forks(const Net& net) {
  const double straight = sketch_.spacing.lane;
  for (const Sink& sink : net.sinks) {
    if (sink.path.size() < 2 || sink.way == Sink::Way::apart || sink.path[0].x != sink.path[1].x) continue;
    const Point origin = sink.path[0];
    const double length = std::abs(sink.path[1].y - origin.y), down = sink.path[1].y > origin.y ? 1 : -1;
    for (double at = 4; at < length - 2 && at < 30; at += straight / 2)
      for (const double side : {1.0, -1.0}) {
        const Point border{origin.x, origin.y + down * at};
        const End end{border, {origin.x + side * straight, border.y}, 2 * kBend + at, true, true, origin};
        if (!blocked(end.border, end.turn) && price(end.border, end.turn) >= 0) starts_.push_back(end);
      }
  }
}

// What nothing reads in its own step may leave below.
void SideRouter::add_start_below() {
  const Rect& box = sketch_.boxes[source_].at;
  for (const double away : {0.0, 5.0, -5.0}) {
    const Point border{box.middle().x + away, box.bottom()};
    const End end{
        border, {border.x, border.y + sketch_.spacing.lane / 2 + 1}, 2 * kBend + std::abs(away), false};
    if (!blocked(end.border, end.turn) && price(end.border, end.turn) >= 0) starts_.push_back(end);
  }
}

bool SideRouter::blocked(Point a, Point b) const {
  const Rect line = spanned(a, b).grown(0.01);
  return std::any_of(walls_.begin(), walls_.end(),
                     [&](const Rect& wall) { return line.overlaps(wall.grown(-0.02)); });
}

double SideRouter::price(Point a, Point b) const {
  double sum = 0;
  for (const Segment& line : lines_) {
    const bool same = level(a, b) == level(line.from, line.to);
    if (!same) {
      const Rect crossing = spanned(a, b);
      const Rect other = spanned(line.from, line.to);
      if (crossing.grown(0.01).overlaps(other.grown(0.01))) sum += kCrossing;
      continue;
    }
    const double apart = level(a, b) ? std::abs(a.y - line.from.y) : std::abs(a.x - line.from.x);
    const double along =
        level(a, b) ? overlap(a.x, b.x, line.from.x, line.to.x) : overlap(a.y, b.y, line.from.y, line.to.y);
    if (apart < kNear && along > -kNear) return -1;
  }
  const auto& borders = level(a, b) ? borders_y_ : borders_x_;
  const double place = level(a, b) ? a.y : a.x;
  for (double border : borders)
    if (std::abs(border - place) < kNear) sum += kAlong;
  return sum;
}

size_t SideRouter::column(double x) const { return index_of(xs_, x); }
size_t SideRouter::row(double y) const { return index_of(ys_, y); }

std::vector<Point> SideRouter::find() {
  if (starts_.empty() || goals_.empty()) return {};
  // A state is a crossing of the grid and whether it was reached level.
  const size_t columns = xs_.size(), states = 2 * columns * ys_.size();
  std::vector<double> best(states, std::numeric_limits<double>::max());
  std::vector<long> from(states, -1);
  std::vector<bool> done(states, false);
  std::vector<double> goal(states / 2, -1);
  for (const End& end : goals_) goal[row(end.turn.y) * columns + column(end.turn.x)] = end.cost;
  // No way is shorter than this.
  const auto rest = [&](Point at) {
    double least = std::numeric_limits<double>::max();
    for (const End& end : goals_)
      least = std::min(least, std::abs(end.turn.x - at.x) + std::abs(end.turn.y - at.y));
    return least;
  };
  using Open = std::pair<double, size_t>;
  std::priority_queue<Open, std::vector<Open>, std::greater<>> open;
  const auto place = [&](size_t state) {
    return Point{xs_[(state / 2) % columns], ys_[state / 2 / columns]};
  };
  const auto offer = [&](size_t state, double cost, long before) {
    if (cost >= best[state]) return;
    best[state] = cost;
    from[state] = before;
    open.emplace(cost + rest(place(state)), state);
  };
  for (const End& end : starts_)
    offer(2 * (row(end.turn.y) * columns + column(end.turn.x)) + (end.level ? 1 : 0), end.cost, -1);
  long last = -1;
  double least = std::numeric_limits<double>::max();
  while (!open.empty()) {
    const auto [bound, state] = open.top();
    open.pop();
    if (bound >= least) break;
    if (done[state]) continue;
    done[state] = true;
    const double cost = best[state];
    if (const double end = goal[state / 2]; end >= 0) {
      const double whole = cost + end + (state % 2 == 1 ? 0 : kBend);
      if (whole < least) least = whole, last = static_cast<long>(state);
    }
    const size_t x = (state / 2) % columns, y = state / 2 / columns;
    const auto go = [&](size_t to_x, size_t to_y, bool is_level) {
      const size_t to = 2 * (to_y * columns + to_x) + (is_level ? 1 : 0);
      const Point a = place(state), b = place(to);
      if (blocked(a, b)) return;
      const double more = price(a, b);
      if (more < 0) return;
      const double length = std::abs(a.x - b.x) + std::abs(a.y - b.y);
      offer(to, cost + length + more + (is_level == (state % 2 == 1) ? 0 : kBend), static_cast<long>(state));
    };
    if (x > 0) go(x - 1, y, true);
    if (x + 1 < columns) go(x + 1, y, true);
    if (y > 0) go(x, y - 1, false);
    if (y + 1 < ys_.size()) go(x, y + 1, false);
  }
  if (last < 0) return {};
  std::vector<Point> path;
  for (long state = last; state >= 0; state = from[static_cast<size_t>(state)])
    path.push_back(place(static_cast<size_t>(state)));
  const auto end_at = [](const std::vector<End>& ends, Point turn) {
    const auto near = [&](const End& end) {
      return std::abs(end.turn.x - turn.x) < 1e-5 && std::abs(end.turn.y - turn.y) < 1e-5;
    };
    // Of several with one place the cheapest has been taken.
    const End* cheapest = nullptr;
    for (const End& end : ends)
      if (near(end) && (!cheapest || end.cost < cheapest->cost)) cheapest = &end;
    return *cheapest;
  };
  path.insert(path.begin(), end_at(goals_, path.front()).border);
  const End start = end_at(starts_, path.back());
  path.push_back(start.border);
  if (start.fork) path.push_back(start.origin);
  return {path.rbegin(), path.rend()};
}

}  // namespace orrery::layout
