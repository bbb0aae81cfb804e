#include <map>

#include "renderers/stages/stage_marks.h"

namespace orrery {
namespace {

struct Sample {
  std::string name;
  StageLook look;
};

std::string kind_name(const DiagramBox& box, Stage::Kind kind) {
  switch (kind) {
    case Stage::Kind::convolution: return "convolution";
    case Stage::Kind::upwards: return "upsampling";
    case Stage::Kind::pooling: return "pooling";
    case Stage::Kind::linear: return "linear";
    case Stage::Kind::joined: return "concatenation";
    case Stage::Kind::band: return band_name(box);
    default: return {};  // has its name upon it
  }
}

std::vector<Sample> samples_of(const Diagram& diagram, const Stages& stages, bool bands, const Theme& theme) {
  std::vector<Sample> samples;
  const auto add = [&](const std::string& name, const DiagramBox& box, Stage::Kind kind) {
    for (const Sample& sample : samples)
      if (sample.name == name) return;
    if (!name.empty()) samples.push_back({name, stage_look(box, theme, kind)});
  };
  for (const Stage& stage : stages.stages) {
    if (stage.map.kind != FeatureMap::Kind::none)
      add(kind_name(diagram.boxes[stage.box], stage.kind), diagram.boxes[stage.box], stage.kind);
    if (!bands && stage.kind != Stage::Kind::symbol) continue;
    for (int band : stage.bands) add(band_name(diagram.boxes[band]), diagram.boxes[band], Stage::Kind::band);
  }
  return samples;
}

}  // namespace

void add_legend(Picture& picture, const Diagram& diagram, const Stages& stages, bool bands, bool asked,
                const Theme& theme, TextMeasure& measure, double width) {
  const std::vector<Sample> samples = samples_of(diagram, stages, bands, theme);
  if (samples.size() < (asked ? 1 : 2)) return;
  const double side = 7, gap = 3, between = 12;
  const Rect above = bounds_of(picture);
  Point at{above.x, above.bottom() + 12};
  for (const Sample& sample : samples) {
    const Size size = measure.measure(sample.name, theme.detail);
    if (at.x > above.x && at.x + side + gap + size.width > above.x + width)
      at = {above.x, at.y + size.height + 3};
    const double y = at.y + (size.height - side) / 2;
    picture.shapes.push_back({PictureShape::Form::rounded,
                              {{at.x, y}, {at.x + side, y + side}},
                              sample.look.fill,
                              Stroke{sample.look.line, 0.6},
                              1});
    picture.texts.push_back(
        {sample.name, theme.detail, theme.text, {at.x + side + gap, at.y, size.width, size.height}});
    at.x += side + gap + size.width + between;
  }
}

}  // namespace orrery
