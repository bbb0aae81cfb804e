#include <algorithm>
#include <cmath>
#include <map>

#include "renderers/stages/piece.h"

namespace orrery {
namespace {

struct Parting {
  size_t next = 0;  // the first point that is the line's own
  Point at;
};

double nearer(double from, double a, double b) { return std::abs(a - from) < std::abs(b - from) ? a : b; }

// Where a line leaves another one that begins at the same place.
Parting parting_of(const std::vector<Point>& a, const std::vector<Point>& b) {
  size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  if (i == 0 || i == a.size() || i == b.size()) return {};
  const Point from = a[i - 1];
  if (a[i].y == from.y && b[i].y == from.y && (a[i].x - from.x) * (b[i].x - from.x) > 0)
    return {i, {nearer(from.x, a[i].x, b[i].x), from.y}};
  if (a[i].x == from.x && b[i].x == from.x && (a[i].y - from.y) * (b[i].y - from.y) > 0)
    return {i, {from.x, nearer(from.y, a[i].y, b[i].y)}};
  return {i, from};
}

bool is_further(const Parting& a, const Parting& b, Point from) {
  if (a.next != b.next) return a.next > b.next;
  return std::abs(a.at.x - from.x) + std::abs(a.at.y - from.y) >
         std::abs(b.at.x - from.x) + std::abs(b.at.y - from.y);
}

}  // namespace

void part_lines(Picture& picture) {
  std::map<int, std::vector<size_t>> of_piece;
  const std::vector<PictureLine> whole = picture.lines;
  for (size_t i = 0; i < whole.size(); ++i) {
    if (whole[i].kind == PictureLine::Kind::guide) continue;
    Parting best;
    for (size_t other : of_piece[whole[i].from]) {
      const Parting parting = parting_of(whole[i].points, whole[other].points);
      if (parting.next > 0 &&
          (best.next == 0 || is_further(parting, best, whole[i].points[parting.next - 1])))
        best = parting;
    }
    of_piece[whole[i].from].push_back(i);
    if (best.next == 0 || best.at == whole[i].points[0]) continue;
    std::vector<Point>& points = picture.lines[i].points;
    points.erase(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(best.next));
    if (points.empty() || points[0] != best.at) points.insert(points.begin(), best.at);
    const auto known = std::find(picture.forks.begin(), picture.forks.end(), best.at);
    if (known == picture.forks.end()) picture.forks.push_back(best.at);
  }
}

}  // namespace orrery
