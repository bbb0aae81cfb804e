#include "renderers/styles/box.h"
#include "renderers/styles/box_lines.h"

namespace orrery {
namespace {

Size leaf_size(const DiagramBox& box, const Theme& theme, TextMeasure& measure) {
  const BoxLook look = theme.look(box);
  if (look.shape == BoxShape::circle) return {theme.circle, theme.circle};
  Size size{0, 2 * theme.padding_y};
  for (const TextLine& line : lines_of(box, theme, measure)) {
    size.width = std::max(size.width, line.size.width);
    size.height += line.size.height;
  }
  // Round and slanted ends take room from the text.
  const double ends = look.shape == BoxShape::pill || look.shape == BoxShape::funnel ? size.height / 4 : 0;
  return {std::max(theme.least_width, size.width + 2 * theme.padding_x + 2 * ends), size.height};
}

Size frame_title(const DiagramBox& box, const Theme& theme, TextMeasure& measure) {
  const TextLine title = title_of(box, theme, measure);
  if (title.runs.empty()) return {};
  return {title.size.width, title.size.height + theme.padding_y};
}

}  // namespace

layout::Sketch sketch_boxes(const Diagram& diagram, const Theme& theme, TextMeasure& measure) {
  layout::Sketch sketch{.spacing = theme.spacing};
  for (const DiagramBox& box : diagram.boxes) {
    layout::SketchBox entry{.parent = box.parent, .direction = box.direction};
    entry.frame = box.kind == DiagramBox::Kind::frame;
    if (entry.frame)
      entry.title = frame_title(box, theme, measure);
    else
      entry.size = leaf_size(box, theme, measure);
    entry.side_entry = theme.look(box).shape != BoxShape::funnel;
    sketch.boxes.push_back(entry);
  }
  for (const DiagramValue& value : diagram.values) {
    layout::Net net{.source = value.source, .output = value.output};
    if (!value.label.empty()) net.label = measure.measure(value.label, theme.shape);
    for (const DiagramReader& reader : value.readers)
      net.sinks.push_back({.box = reader.box, .port = reader.port});
    sketch.nets.push_back(std::move(net));
  }
  return sketch;
}

}  // namespace orrery
