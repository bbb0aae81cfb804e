#include <algorithm>
#include <cmath>

#include "renderers/stages/stage_marks.h"
#include "renderers/styles/lenet.h"
#include "renderers/styles/lenet_planes.h"

namespace orrery {
namespace {

bool shows_planes(const Stage& stage) {
  return !stage.map.sizes.empty() && stage.kind != Stage::Kind::symbol && stage.kind != Stage::Kind::other;
}

double part_of(double kernel, double extent, double length) {
  return extent > 0 ? std::clamp(length * kernel / extent, 2.5, length) : length / 3;
}

// A place in a rectangle: from its middle along `by`, by a share of what is free around `inner`.
Point place_in(const Rect& r, Size inner, Point by, double share) {
  return r.middle() + Point{by.x * share * (r.width - inner.width), by.y * share * (r.height - inner.height)};
}

// The kernel on the front plane: as large to it as to the map, rather where the data go on.
Rect patch_on(const Rect& front, const Stage& reader, const FeatureMap& map, Point by) {
  const auto& kernel = reader.kernel;
  const double width = part_of(kernel.back(), map.width(), front.width);
  const double height =
      kernel.size() > 1 ? part_of(kernel[kernel.size() - 2], map.height(), front.height) : front.height;
  const Point middle = place_in(front, {width, height}, by, 0.25);
  return {middle.x - width / 2, middle.y - height / 2, width, height};
}

// Both ends of the side that looks along `by`.
std::pair<Point, Point> side_of(const Rect& r, Point by) {
  const Point middle = r.middle() + Point{by.x * r.width / 2, by.y * r.height / 2},
              half{by.y * r.width / 2, by.x * r.height / 2};
  return {middle - half, middle + half};
}

// Cuts the part [begin, end] of a way to where it lies between low and high.
void clip(double from, double by, double low, double high, double& begin, double& end) {
  if (by == 0) {
    if (from < low || from > high) end = -1;
    return;
  }
  const auto [first, last] = std::minmax({(low - from) / by, (high - from) / by});
  begin = std::max(begin, first);
  end = std::min(end, last);
}

bool crosses(Point from, Point to, const Rect& r) {
  double begin = 0, end = 1;
  clip(from.x, to.x - from.x, r.x, r.right(), begin, end);
  clip(from.y, to.y - from.y, r.y, r.bottom(), begin, end);
  return begin <= end;
}

/// Puts kernels and their guides in the place of arrows.
class Kernels {
 public:
  Kernels(Picture& picture, const Theme& theme) : picture_(picture), theme_(theme) {}

  /// Leaves an arrow where a value parts on its way.
  bool is_direct(const PictureLine& line) const {
    if (line.kind != PictureLine::Kind::flow || line.points.size() != 2) return false;
    const Rect all = spanned(line.points[0], line.points[1]).grown(0.01);
    return std::none_of(picture_.forks.begin(), picture_.forks.end(), [&](Point fork) {
      return all.contains({fork.x, fork.y, 0, 0});
    });
  }

  /// Guides to one of the tips past everything else; leaves the arrow when none of them is free.
  void add(const PictureLine& arrow, const Rect& patch, Point by, std::initializer_list<Point> tips) {
    const auto [low, high] = side_of(patch, by);
    for (Point tip : tips) {
      if (!is_free(arrow, low, tip) || !is_free(arrow, high, tip)) continue;
      for (Point start : {low, high})
        lines_.push_back({PictureLine::Kind::guide, arrow.from, arrow.to, {start, tip}});
      marks_.push_back(mark(patch, arrow.from));
      return;
    }
    keep(arrow);
  }

  void keep(const PictureLine& line) { lines_.push_back(line); }

  void finish() {
    picture_.lines = std::move(lines_);
    std::move(marks_.begin(), marks_.end(), std::back_inserter(picture_.shapes));
  }

 private:
  bool is_free(const PictureLine& arrow, Point from, Point to) const {
    const double clear = 0.5;
    return std::none_of(picture_.texts.begin(), picture_.texts.end(),
                        [&](const PictureText& text) { return crosses(from, to, text.at.grown(clear)); }) &&
           std::none_of(picture_.shapes.begin(), picture_.shapes.end(), [&](const PictureShape& shape) {
             return shape.piece != arrow.from && shape.piece != arrow.to &&
                    crosses(from, to, shape.bounds().grown(clear));
           });
  }

  PictureShape mark(const Rect& patch, int piece) const {
    PictureShape mark{PictureShape::Form::polygon,
                      {{patch.x, patch.y},
                       {patch.right(), patch.y},
                       {patch.right(), patch.bottom()},
                       {patch.x, patch.bottom()}}};
    mark.fill = at_opacity(theme_.background, 0.75);
    mark.stroke = Stroke{theme_.line, 0.6};
    mark.piece = piece;
    return mark;
  }

  Picture& picture_;
  const Theme& theme_;
  std::vector<PictureLine> lines_;
  std::vector<PictureShape> marks_;
};

// A unit vector.
Point direction_of(const PictureLine& line) {
  const Point way = line.points.back() - line.points.front();
  const double length = std::hypot(way.x, way.y);
  return length > 0 ? Point{way.x / length, way.y / length} : Point{1, 0};
}

}  // namespace

void add_kernels(Arranged& arranged, const std::vector<Piece>& pieces, const Stages& stages,
                 const Theme& theme, double zoom) {
  const LenetScale scale(scale_of(stages), zoom);
  Kernels kernels(arranged.picture, theme);
  for (const PictureLine& line : arranged.picture.lines) {
    const Stage& from = stages.stages[pieces[line.from].stages[0]];
    const Stage& to = stages.stages[pieces[line.to].stages[0]];
    if (!kernels.is_direct(line) || to.kernel.empty() || !shows_planes(from) || !shows_planes(to)) {
      kernels.keep(line);
      continue;
    }
    const Point by = direction_of(line);
    const Rect source = scale.stack(from.map).front().moved(arranged.origins[line.from]);
    const Rect target = scale.stack(to.map).front().moved(arranged.origins[line.to]);
    // Into the plane, or at least as far as the arrow would reach.
    kernels.add(line, patch_on(source, to, from.map, by), by,
                {place_in(target, {}, by, -0.2), line.points.back()});
  }
  kernels.finish();
}

}  // namespace orrery
