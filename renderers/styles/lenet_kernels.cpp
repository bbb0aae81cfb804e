#include <algorithm>

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

// The kernel on the front plane: as large to it as to the map.
Rect patch_on(const Rect& front, const Stage& reader, const FeatureMap& map) {
  const auto& kernel = reader.kernel;
  const double width = part_of(kernel.back(), map.width(), front.width);
  const double height =
      kernel.size() > 1 ? part_of(kernel[kernel.size() - 2], map.height(), front.height) : front.height;
  return {front.right() - width - (front.width - width) * 0.25, front.middle().y - height / 2, width, height};
}

}  // namespace

void add_kernels(Arranged& arranged, const std::vector<Piece>& pieces, const Stages& stages,
                 const Theme& theme, double zoom) {
  const LenetScale scale(scale_of(stages), zoom);
  std::vector<PictureLine> lines;
  for (PictureLine& line : arranged.picture.lines) {
    const Stage& from = stages.stages[pieces[line.from].stages[0]];
    const Stage& to = stages.stages[pieces[line.to].stages[0]];
    const bool direct = line.kind == PictureLine::Kind::flow && line.points.size() == 2;
    if (!direct || to.kernel.empty() || !shows_planes(from) || !shows_planes(to)) {
      lines.push_back(std::move(line));
      continue;
    }
    const Rect source = scale.stack(from.map).front().moved(arranged.origins[line.from]);
    const Rect target = scale.stack(to.map).front().moved(arranged.origins[line.to]);
    const Rect patch = patch_on(source, to, from.map);
    const Point tip{target.x + target.width * 0.3, target.middle().y};
    PictureShape mark{PictureShape::Form::polygon,
                      {{patch.x, patch.y},
                       {patch.right(), patch.y},
                       {patch.right(), patch.bottom()},
                       {patch.x, patch.bottom()}}};
    mark.fill = rgb(0xffffff);
    mark.stroke = Stroke{theme.line, 0.6};
    mark.piece = line.from;
    arranged.picture.shapes.push_back(std::move(mark));
    for (double y : {patch.y, patch.bottom()})
      lines.push_back({PictureLine::Kind::guide, line.from, line.to, {{patch.right(), y}, tip}});
  }
  arranged.picture.lines = std::move(lines);
}

}  // namespace orrery
