#include <algorithm>
#include <cmath>

#include "renderers/stages/rows.h"

namespace orrery {
namespace {

constexpr double kTurn = 8;  // between a row and the line to the next one

/// The segments of each row, by the first of each and the end of all.
using Rows = std::vector<size_t>;

double width_of(const LaidSegment& segment) { return segment.bounds.width; }

Rows rows_for(const std::vector<LaidSegment>& segments, double width) {
  Rows rows{0};
  double used = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (i > rows.back() && used + width_of(segments[i]) > width) {
      rows.push_back(i);
      used = 0;
    }
    used += width_of(segments[i]);
  }
  rows.push_back(segments.size());
  return rows;
}

// The narrowest that needs no more rows.
Rows even_rows(const std::vector<LaidSegment>& segments, double width) {
  double low = 0, high = 0;
  for (const LaidSegment& segment : segments) {
    low = std::max(low, width_of(segment));
    high += width_of(segment);
  }
  if (width <= 0 || high <= width) return {0, segments.size()};
  // Where one cannot be cut, those beside it may as well stand in its row.
  if (low > 1.05 * width) width = 1.3 * low;
  if (high <= width) return {0, segments.size()};
  const size_t rows = rows_for(segments, std::max(low, width)).size();
  for (high = std::max(low, width); high - low > 0.5;) {
    const double middle = (low + high) / 2;
    (rows_for(segments, middle).size() <= rows ? high : low) = middle;
  }
  return rows_for(segments, high);
}

std::vector<Point> without_straights(const std::vector<Point>& points) {
  std::vector<Point> result;
  for (Point p : points) {
    if (!result.empty() && std::hypot(result.back().x - p.x, result.back().y - p.y) < 1e-6) continue;
    const size_t n = result.size();
    const auto same = [](double a, double b, double c) {
      return std::abs(a - b) < 1e-6 && std::abs(b - c) < 1e-6;
    };
    if (n > 1 && (same(result[n - 2].x, result[n - 1].x, p.x) || same(result[n - 2].y, result[n - 1].y, p.y)))
      result.pop_back();
    result.push_back(p);
  }
  return result;
}

/// Puts segments on the page one after the other, and joins the lines from each to the next.
class RowStack {
 public:
  RowStack(size_t pieces, const std::vector<LaidSegment>& segments, const std::vector<PieceBlock>& blocks,
           FarSkips& skips)
      : segments_(segments), blocks_(blocks), skips_(skips) {
    result_.origins.resize(pieces);
  }

  Arranged stack(const Rows& rows) {
    double y = 0;
    for (size_t row = 0; row + 1 < rows.size(); ++row) y = add_row(row, rows[row], rows[row + 1], y);
    for (PictureLine& line : skips_.lines()) result_.picture.lines.push_back(std::move(line));
    return std::move(result_);
  }

 private:
  double add_row(size_t index, size_t begin, size_t end, double y) {
    std::vector<Point> places;
    Point at;  // where the next entry comes to lie
    Row row;
    for (size_t i = begin; i < end; ++i) {
      const LaidSegment& segment = segments_[i];
      places.push_back({at.x - segment.bounds.x, at.y - segment.entry.y});
      add_content(segment, places.back(), row);
      at = {at.x + segment.bounds.width, segment.leaving.empty() ? at.y : places.back().y + segment.exit.y};
    }
    skips_.enter(index, row);
    Picture under;
    add_brackets(blocks_, row, under);
    const bool turned = begin > 0 && !carried_.empty();
    const Point shift{(begin > 0 ? kTurn : 0) - row.bounds.x, y + (turned ? kTurn : 0) - row.bounds.y};
    for (Point& place : places) place = place + shift;
    if (turned) turn_to(segments_[begin].entry + places[0], row.bounds.moved(shift));
    for (size_t i = begin; i < end; ++i)
      add_segment(segments_[i], places[i - begin], i == begin && begin > 0);
    move(under, shift);
    add(under);
    skips_.place(index, row, shift, row.bounds.right() + shift.x + kTurn);
    row_ = row.bounds.moved(shift);
    return row_.bottom() + kTurn;
  }

  static void add_content(const LaidSegment& segment, Point place, Row& row) {
    for (const PictureShape& shape : segment.picture.shapes) {
      const Rect r = shape.bounds().moved(place);
      row.shapes[shape.piece] = united(row.shapes[shape.piece], r);
      row.all[shape.piece] = united(row.all[shape.piece], r);
    }
    for (const PictureText& text : segment.picture.texts)
      row.all[text.piece] = united(row.all[text.piece], text.at.moved(place));
    for (const auto& [piece, origin] : segment.origins) row.origins[piece] = origin + place;
    for (const PictureLine& line : segment.picture.lines) add_parts(line.points, place, row);
    for (const PictureLine& line : segment.entering) add_parts(line.points, place, row);
    add_parts(segment.leaving, place, row);
    row.bounds = united(row.bounds, segment.bounds.moved(place));
  }

  static void add_parts(const std::vector<Point>& points, Point place, Row& row) {
    for (size_t i = 1; i < points.size(); ++i)
      row.lines.push_back(spanned(points[i - 1] + place, points[i] + place));
  }

  // Round the end of the row before and back to the beginning of this one.
  void turn_to(Point entry, const Rect& row) {
    const double right = row_.right() + kTurn, between = row_.bottom() + kTurn, left = row.x - kTurn;
    const Point from = carried_.back();
    carried_.insert(carried_.end(),
                    {{right, from.y}, {right, between}, {left, between}, {left, entry.y}, entry});
  }

  void add(Picture part) {
    auto& all = result_.picture;
    std::move(part.shapes.begin(), part.shapes.end(), std::back_inserter(all.shapes));
    std::move(part.lines.begin(), part.lines.end(), std::back_inserter(all.lines));
    std::move(part.forks.begin(), part.forks.end(), std::back_inserter(all.forks));
    std::move(part.brackets.begin(), part.brackets.end(), std::back_inserter(all.brackets));
    std::move(part.texts.begin(), part.texts.end(), std::back_inserter(all.texts));
  }

  void add_segment(const LaidSegment& segment, Point place, bool turned) {
    Picture part = segment.picture;
    move(part, place);
    add(std::move(part));
    for (const auto& [piece, origin] : segment.origins) result_.origins[piece] = origin + place;
    for (PictureLine line : segment.entering) {
      line.points = after_carried(line.points, place);
      if (turned) line.kind = PictureLine::Kind::turn;
      result_.picture.lines.push_back(std::move(line));
    }
    if (segment.leaving.empty()) return carried_.clear();
    if (segment.leaver < 0)
      carried_ = after_carried(segment.leaving, place);
    else
      carried_ = moved(segment.leaving, place);
  }

  static std::vector<Point> moved(std::vector<Point> points, Point by) {
    for (Point& p : points) p = p + by;
    return points;
  }

  std::vector<Point> after_carried(const std::vector<Point>& points, Point by) const {
    std::vector<Point> all = carried_;
    const std::vector<Point> rest = moved(points, by);
    all.insert(all.end(), rest.begin(), rest.end());
    return without_straights(all);
  }

  const std::vector<LaidSegment>& segments_;
  const std::vector<PieceBlock>& blocks_;
  FarSkips& skips_;
  Arranged result_;
  std::vector<Point> carried_;  // the line that the next segment takes on
  Rect row_;
};

}  // namespace

Arranged stack_rows(const std::vector<Piece>& pieces, const std::vector<LaidSegment>& segments,
                    const std::vector<PieceLine>& far, const std::vector<PieceBlock>& blocks, double room) {
  FarSkips skips(pieces, far);
  const Rows rows = even_rows(segments, room > 0 ? room - 2 * kTurn - skips.room() : 0);
  return RowStack(pieces.size(), segments, blocks, skips).stack(rows);
}

}  // namespace orrery
