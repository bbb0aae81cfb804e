#include <algorithm>
#include <cmath>

#include "renderers/stages/rows.h"

namespace orrery {
namespace {

constexpr double kAboveRow = 7, kFarLane = 5;
constexpr double kLeaves = 0.65;  // of a top's width
constexpr double kArrivesFrom = 0.1, kArrivesTo = 0.6;

}  // namespace

FarSkips::FarSkips(const std::vector<Piece>& pieces, const std::vector<PieceLine>& lines) : pieces_(pieces) {
  std::map<std::pair<int, int>, Skip> by_source;
  for (const PieceLine& line : lines) by_source[{line.from, line.from_stage}].lines.push_back(line);
  for (auto& [source, skip] : by_source) skips_.push_back(std::move(skip));
}

double FarSkips::room() const {
  return skips_.empty() ? 0 : kAboveRow + kFarLane * static_cast<double>(skips_.size());
}

Point FarSkips::top(int piece, int stage, double share) const {
  const Piece::Top& top = pieces_[piece].tops.at(stage);
  return Point{top.left + (top.right - top.left) * share, top.y} + origins_.at(piece);
}

Point FarSkips::begin_of(const PieceLine& line) const { return top(line.from, line.from_stage, kLeaves); }

Point FarSkips::end_of(const PieceLine& line) const {
  return top(line.to, line.to_stage, arrivals_.at({line.from_stage, line.to_stage}));
}

// Side by side, the one from nearest by leftmost: so they do not cross, whether they come from the left or,
// from other rows, from the right.
void FarSkips::share_tops(const Row& row) {
  std::map<int, std::vector<const PieceLine*>> of_stage;
  for (const Skip& skip : skips_)
    for (const PieceLine& line : skip.lines)
      if (row.origins.contains(line.to)) of_stage[line.to_stage].push_back(&line);
  for (auto& [stage, lines] : of_stage) {
    std::stable_sort(lines.begin(), lines.end(), [&](const PieceLine* a, const PieceLine* b) {
      const size_t row_a = row_of_.at(a->from), row_b = row_of_.at(b->from);
      return row_a != row_b ? row_a > row_b : begin_of(*a).x > begin_of(*b).x;
    });
    for (size_t i = 0; i < lines.size(); ++i)
      arrivals_[{lines[i]->from_stage, stage}] = kArrivesFrom + (kArrivesTo - kArrivesFrom) *
                                                                    (static_cast<double>(i) + 0.5) /
                                                                    static_cast<double>(lines.size());
  }
}

// From where to where a skip goes in a row; to others it leaves at the row's end.
std::pair<double, double> FarSkips::span_in(const Skip& skip, size_t index, const Row& row) const {
  double begin = HUGE_VAL, end = -HUGE_VAL;
  const auto add = [&](double x) { begin = std::min(begin, x), end = std::max(end, x); };
  bool goes_on = false;
  const PieceLine& first = skip.lines[0];
  if (row.origins.contains(first.from))
    add(begin_of(first).x);
  else
    goes_on = true;
  for (const PieceLine& line : skip.lines)
    if (row.origins.contains(line.to))
      add(end_of(line).x);
    else
      goes_on = true;
  const bool is_here = begin <= end && (row_of_.contains(first.from) && row_of_.at(first.from) <= index);
  if (!is_here) return {HUGE_VAL, -HUGE_VAL};
  return {begin, goes_on ? row.bounds.right() : end};
}

double FarSkips::lane_above(const Row& row, double begin, double end) const {
  double y = HUGE_VAL;
  for (const auto& [piece, r] : row.all)
    if (r.x < end && begin < r.right()) y = std::min(y, r.y);
  for (const Rect& line : row.lines)
    if (line.x <= end && begin <= line.right()) y = std::min(y, line.y);
  return (y == HUGE_VAL ? row.bounds.y : y) - kAboveRow;
}

void FarSkips::enter(size_t index, Row& row) {
  for (const auto& [piece, origin] : row.origins) row_of_[piece] = index, origins_[piece] = origin;
  share_tops(row);
  struct Span {
    Skip* skip;
    double begin, end;
  };
  std::vector<Span> spans;
  for (Skip& skip : skips_)
    if (const auto [begin, end] = span_in(skip, index, row); begin <= end)
      spans.push_back({&skip, begin, end});
  std::stable_sort(spans.begin(), spans.end(),
                   [](const Span& a, const Span& b) { return a.end - a.begin < b.end - b.begin; });
  for (size_t i = 0; i < spans.size(); ++i) {
    double lane = lane_above(row, spans[i].begin, spans[i].end);
    for (size_t k = 0; k < i; ++k)
      if (spans[k].begin < spans[i].end + kFarLane && spans[i].begin < spans[k].end + kFarLane)
        lane = std::min(lane, spans[k].skip->lanes.at(index) - kFarLane);
    spans[i].skip->lanes[index] = lane;
    row.bounds = united(row.bounds, spanned({spans[i].begin, lane}, {spans[i].end, row.bounds.bottom()}));
  }
}

void FarSkips::place(size_t index, const Row& row, Point by, double end) {
  for (const auto& [piece, origin] : row.origins) origins_[piece] = origin + by;
  for (Skip& skip : skips_)
    if (const auto lane = skip.lanes.find(index); lane != skip.lanes.end()) lane->second += by.y;
  ends_.push_back(end);
}

// Those to nearer rows lie inside; of two from one row, the one that leaves later.
void FarSkips::take_gutters() {
  std::vector<Skip*> far;
  for (Skip& skip : skips_) {
    skip.start = {row_of_.at(skip.lines[0].from), begin_of(skip.lines[0])};
    for (const PieceLine& line : skip.lines) skip.last_row = std::max(skip.last_row, row_of_.at(line.to));
    if (skip.last_row > skip.start.row) far.push_back(&skip);
  }
  std::stable_sort(far.begin(), far.end(), [](const Skip* a, const Skip* b) {
    const size_t rows_a = a->last_row - a->start.row, rows_b = b->last_row - b->start.row;
    return rows_a != rows_b ? rows_a < rows_b : a->start.at.x > b->start.at.x;
  });
  for (size_t i = 0; i < far.size(); ++i) {
    double x = *std::max_element(ends_.begin() + static_cast<std::ptrdiff_t>(far[i]->start.row),
                                 ends_.begin() + static_cast<std::ptrdiff_t>(far[i]->last_row) + 1) +
               kAboveRow;
    for (size_t k = 0; k < i; ++k)
      if (far[k]->start.row <= far[i]->last_row && far[i]->start.row <= far[k]->last_row)
        x = std::max(x, far[k]->gutter + kFarLane);
    far[i]->gutter = x;
  }
}

std::vector<PictureLine> FarSkips::lines() {
  take_gutters();
  std::vector<PictureLine> result;
  for (const Skip& skip : skips_)
    for (const PieceLine& line : skip.lines) {
      const size_t row = row_of_.at(line.to);
      const Point to = end_of(line);
      const double lane = skip.lanes.at(skip.start.row);
      PictureLine drawn{
          PictureLine::Kind::skip, line.from, line.to, {skip.start.at, {skip.start.at.x, lane}}};
      drawn.faulty = line.faulty;
      if (row != skip.start.row)
        drawn.points.insert(drawn.points.end(), {{skip.gutter, lane}, {skip.gutter, skip.lanes.at(row)}});
      drawn.points.insert(drawn.points.end(), {{to.x, skip.lanes.at(row)}, to});
      result.push_back(std::move(drawn));
    }
  return result;
}

}  // namespace orrery
