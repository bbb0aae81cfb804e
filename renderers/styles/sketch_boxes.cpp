#include <algorithm>

#include "renderers/styles/box.h"
#include "renderers/styles/box_lines.h"
#include "renderers/styles/box_shapes.h"
#include "renderers/styles/inset.h"

namespace orrery {
namespace {

Size leaf_size(const DiagramBox& box, const Theme& theme, TextMeasure& measure) {
  const BoxLook look = theme.look(box);
  if (look.shape == BoxShape::circle) return {theme.circle, theme.circle};
  const Size texts = size_of(lines_of(box, theme, measure)), plots = insets_size(box, theme, measure);
  const Size size{std::max(texts.width, plots.width), texts.height + plots.height + 2 * theme.padding_y};
  // Round and slanted ends take room from the text.
  const bool narrow = look.shape == BoxShape::pill || look.shape == BoxShape::funnel;
  const double ends = narrow ? std::min(size.height, 2 * kRoundEnd) / 4 : 0;
  return {std::max(theme.least_width, size.width + 2 * theme.padding_x + 2 * ends), size.height};
}

Size frame_title(const DiagramBox& box, const Theme& theme, TextMeasure& measure) {
  const TextLine title = title_of(box, theme, measure);
  if (title.runs.empty()) return {};
  const Size note = size_of(note_of(box, theme, measure));
  return {std::max(title.size.width, note.width), title.size.height + note.height + theme.padding_y};
}

// A note stands at the side across the flow, where no line enters then.
void leave_room_for_note(layout::SketchBox& entry, const DiagramBox& box, Direction flow, const Theme& theme,
                         TextMeasure& measure) {
  const Size note = size_of(note_of(box, theme, measure));
  if (note.height == 0) return;
  entry.side_entry = false;
  entry.after = kBesideNote + (vertical(flow) ? note.width : note.height);
  if (vertical(flow))
    entry.size.height = std::max(entry.size.height, note.height);
  else
    entry.size.width = std::max(entry.size.width, note.width);
}

// Which step of time each box lies in; -1: none.
std::vector<int> steps_of(const Diagram& diagram) {
  std::vector<int> steps;
  for (size_t i = 0; i < diagram.boxes.size(); ++i) {
    const DiagramBox& box = diagram.boxes[i];
    const bool own = box.time == DiagramBox::Time::step || box.time == DiagramBox::Time::gap;
    steps.push_back(own ? static_cast<int>(i) : box.parent < 0 ? -1 : steps[static_cast<size_t>(box.parent)]);
  }
  return steps;
}

// From step to step the line goes from side to side; where one stands for all, it is a loop.
void lead_to_later(layout::Sink& sink, const DiagramReader& reader, bool same_step, const Theme& theme,
                   TextMeasure& measure) {
  sink.way = same_step ? layout::Sink::Way::back : layout::Sink::Way::apart;
  if (!reader.carried.empty()) sink.label = measure.measure(reader.carried, theme.shape);
}

// Beside a column there is room for the lines that leave it, and for their texts.
void leave_room_for_later(layout::Sketch& sketch, const std::vector<int>& steps) {
  std::vector<int> lines(sketch.boxes.size());
  for (const layout::Net& net : sketch.nets)
    for (const layout::Sink& sink : net.sinks) {
      if (sink.way != layout::Sink::Way::apart) continue;
      layout::SketchBox& column = sketch.boxes[steps[static_cast<size_t>(net.source)]];
      const double lanes = 5 * sketch.spacing.lane;  // what there is anyway
      const int before = lines[static_cast<size_t>(steps[static_cast<size_t>(net.source)])]++;
      const double text = sink.label.width + 4 * sketch.spacing.lane - lanes;
      const double room = sketch.spacing.lane * before;
      column.after = std::max({column.after, text, room});
    }
}

}  // namespace

// A side is high enough for the lines that leave or enter it.
void leave_room_at_sides(layout::Sketch& sketch, const Diagram& diagram, const Theme& theme) {
  std::vector<int> out(sketch.boxes.size()), in(sketch.boxes.size());
  for (const layout::Net& net : sketch.nets)
    for (const layout::Sink& sink : net.sinks)
      if (sink.way == layout::Sink::Way::apart)
        ++out[static_cast<size_t>(net.source)], ++in[static_cast<size_t>(sink.box)];
  for (size_t i = 0; i < sketch.boxes.size(); ++i) {
    const int lines = std::max(out[i], in[i]);
    if (lines < 2 || theme.look(diagram.boxes[i]).shape == BoxShape::circle) continue;
    sketch.boxes[i].size.height = std::max(sketch.boxes[i].size.height, 7.0 + 10 * ((lines) / 2));
  }
}

layout::Sketch sketch_boxes(const Diagram& diagram, const Theme& theme, TextMeasure& measure) {
  layout::Sketch sketch{.spacing = theme.spacing};
  const std::vector<int> steps = steps_of(diagram);
  if (diagram.widths) sketch.spacing.label += 1.5;  // lines are wider there
  for (const DiagramBox& box : diagram.boxes) {
    layout::SketchBox entry{.parent = box.parent, .direction = box.direction};
    entry.frame = box.kind == DiagramBox::Kind::frame;
    if (entry.frame)
      entry.title = frame_title(box, theme, measure);
    else
      entry.size = leaf_size(box, theme, measure);
    entry.place = box.place;
    entry.side_entry = theme.look(box).shape != BoxShape::funnel;
    entry.columns = box.time == DiagramBox::Time::line;
    entry.below = box.below;
    entry.stretch = box.time == DiagramBox::Time::gap;
    if (!entry.frame)
      leave_room_for_note(entry, box, diagram.boxes[static_cast<size_t>(box.parent)].direction, theme,
                          measure);
    sketch.boxes.push_back(entry);
  }
  for (const DiagramValue& value : diagram.values) {
    layout::Net net{.source = value.source, .output = value.output};
    // The text stands beside the line in its own step.
    const bool flows = std::any_of(value.readers.begin(), value.readers.end(),
                                   [](const DiagramReader& reader) { return !reader.later; });
    if (flows && !value.label.empty()) net.label = measure.measure(value.label, theme.shape);
    for (const DiagramReader& reader : value.readers) {
      net.sinks.push_back({.box = reader.box, .port = reader.port});
      const bool same = steps[static_cast<size_t>(value.source)] == steps[static_cast<size_t>(reader.box)];
      if (reader.later) lead_to_later(net.sinks.back(), reader, same, theme, measure);
    }
    sketch.nets.push_back(std::move(net));
  }
  leave_room_for_later(sketch, steps);
  leave_room_at_sides(sketch, diagram, theme);
  return sketch;
}

}  // namespace orrery
