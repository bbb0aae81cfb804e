#include <algorithm>
#include <cmath>
#include <map>

#include "renderers/stages/find_skips.h"

namespace orrery {
namespace {

constexpr double kAbove = 7, kLane = 5;

/// A value that goes over the tops, to one or more readers.
struct Skip {
  std::vector<int> lines;  // nearer readers first
  double begin = 0, end = 0, lane = 0;
};

/// Routes the skips of one segment.
class SkipRouter {
 public:
  SkipRouter(const std::vector<Piece>& pieces, const std::vector<PieceLine>& lines, int source, Point fork,
             LaidSegment& laid)
      : pieces_(pieces), lines_(lines), source_(source), fork_(fork), laid_(laid) {
    for (const auto& [piece, origin] : laid.origins) origins_[piece] = origin;
    for (const PictureShape& shape : laid.picture.shapes) add_bounds(shape.piece, shape.bounds());
    for (const PictureText& text : laid.picture.texts) add_bounds(text.piece, text.at);
  }

  std::set<int> route(const std::set<int>& chosen) {
    for (int line : chosen) middles_[line] = {middle(line, true), middle(line, false)};
    collect(chosen);
    spread();
    std::set<int> blocked;
    for (int line : chosen)
      if (stub_blocked(start_[line], lines_[line].from) || stub_blocked(end_[line], lines_[line].to))
        blocked.insert(line);
    if (!blocked.empty()) return blocked;
    take_lanes();
    for (const Skip& skip : skips_) write(skip);
    return {};
  }

 private:
  void add_bounds(int piece, const Rect& part) { bounds_[piece] = united(bounds_[piece], part); }

  Piece::Top top(int line, bool start) const {
    const PieceLine& it = lines_[line];
    if (start && it.from == source_) return {fork_.x, fork_.x, fork_.y};
    const int piece = start ? it.from : it.to;
    Piece::Top top = pieces_[piece].tops.at(start ? it.from_stage : it.to_stage);
    const Point origin = origins_.at(piece);
    return {top.left + origin.x, top.right + origin.x, top.y + origin.y};
  }

  double middle(int line, bool start) const {
    const Piece::Top t = top(line, start);
    return (t.left + t.right) / 2;
  }

  // One skip a value: what leaves the same stage shares its lane.
  void collect(const std::set<int>& chosen) {
    std::map<std::pair<int, int>, Skip> by_source;
    for (int line : chosen) by_source[{lines_[line].from, lines_[line].from_stage}].lines.push_back(line);
    for (auto& [from, skip] : by_source) {
      std::stable_sort(skip.lines.begin(), skip.lines.end(),
                       [&](int a, int b) { return middles_[a].second < middles_[b].second; });
      skip.begin = middles_[skip.lines[0]].first;
      skip.end = middles_[skip.lines.back()].second;
      skips_.push_back(std::move(skip));
    }
    std::stable_sort(skips_.begin(), skips_.end(),
                     [](const Skip& a, const Skip& b) { return a.end - a.begin < b.end - b.begin; });
  }

  // Over one stage, those that arrive stand left of the one that leaves, shorter ones first.
  void spread() {
    std::map<int, std::vector<std::pair<int, bool>>> ends;  // by stage: line, start
    for (const Skip& skip : skips_)
      for (int line : skip.lines) ends[lines_[line].to_stage].push_back({line, false});
    for (auto& [stage, some] : ends)
      std::stable_sort(some.begin(), some.end(), [&](const auto& a, const auto& b) {
        return middles_[a.first].first > middles_[b.first].first;
      });
    for (const Skip& skip : skips_)
      if (lines_[skip.lines[0]].from == source_)
        for (int line : skip.lines) start_[line] = fork_;
      else
        ends[lines_[skip.lines[0]].from_stage].push_back({skip.lines[0], true});
    for (const auto& [stage, some] : ends) place(some);
    for (const Skip& skip : skips_)
      for (int line : skip.lines) start_[line] = start_[skip.lines[0]];
  }

  void place(const std::vector<std::pair<int, bool>>& ends) {
    const Piece::Top t = top(ends[0].first, ends[0].second);
    const double count = static_cast<double>(ends.size());
    const double pitch = std::min(6.0, (t.right - t.left) / count),
                 first = (t.left + t.right - pitch * (count - 1)) / 2;
    for (size_t i = 0; i < ends.size(); ++i)
      (ends[i].second ? start_ : end_)[ends[i].first] = {first + pitch * static_cast<double>(i), t.y};
  }

  // A piece stands above an end of the skip.
  bool stub_blocked(Point at, int own) const {
    for (const auto& [piece, r] : bounds_)
      if (piece != own && r.x - 2 < at.x && at.x < r.right() + 2 && r.y < at.y) return true;
    return false;
  }

  void take_lanes() {
    for (size_t i = 0; i < skips_.size(); ++i) {
      Skip& skip = skips_[i];
      skip.begin = start_[skip.lines[0]].x;
      for (int line : skip.lines) skip.end = std::max(skip.end, end_[line].x);
      double lane = content_above(skip.begin, skip.end) - kAbove;
      for (size_t k = 0; k < i; ++k)
        if (skips_[k].begin < skip.end + kLane && skip.begin < skips_[k].end + kLane)
          lane = std::min(lane, skips_[k].lane - kLane);
      skip.lane = lane;
    }
  }

  double content_above(double begin, double end) const {
    double y = HUGE_VAL;
    for (const auto& [piece, r] : bounds_)
      if (r.x < end && begin < r.right()) y = std::min(y, r.y);
    for (const PictureLine& line : laid_.picture.lines) y = std::min(y, highest(line.points, begin, end));
    for (const PictureLine& line : laid_.entering) y = std::min(y, highest(line.points, begin, end));
    return std::min(y, highest(laid_.leaving, begin, end));
  }

  static double highest(const std::vector<Point>& points, double begin, double end) {
    double y = HUGE_VAL;
    for (size_t i = 1; i < points.size(); ++i) {
      const Rect part = spanned(points[i - 1], points[i]);
      if (part.x <= end && begin <= part.right()) y = std::min(y, part.y);
    }
    return y;
  }

  void write(const Skip& skip) {
    for (int line : skip.lines) {
      const Point from = start_[line], to = end_[line];
      PictureLine drawn{PictureLine::Kind::skip, lines_[line].from, lines_[line].to};
      drawn.points = {from, {from.x, skip.lane}, {to.x, skip.lane}, to};
      drawn.faulty = lines_[line].faulty;
      laid_.picture.lines.push_back(std::move(drawn));
    }
    if (lines_[skip.lines[0]].from == source_) laid_.picture.forks.push_back(fork_);
  }

  const std::vector<Piece>& pieces_;
  const std::vector<PieceLine>& lines_;
  int source_;
  Point fork_;
  LaidSegment& laid_;
  std::map<int, Point> origins_, start_, end_;
  std::map<int, Rect> bounds_;
  std::map<int, std::pair<double, double>> middles_;
  std::vector<Skip> skips_;
};

}  // namespace

std::set<int> route_skips(const std::vector<Piece>& pieces, const std::vector<PieceLine>& lines,
                          const std::set<int>& skips, int source, Point fork, LaidSegment& laid) {
  return SkipRouter(pieces, lines, source, fork, laid).route(skips);
}

}  // namespace orrery
