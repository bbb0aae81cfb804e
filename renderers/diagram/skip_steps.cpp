#include <algorithm>
#include <map>

#include "renderers/diagram/box_tree.h"
#include "renderers/diagram/passes.h"
#include "renderers/diagram/step_frames.h"
#include "renderers/diagram/time_steps.h"

namespace orrery {
namespace {

using Time = DiagramBox::Time;

bool is_gap(const Diagram& diagram, int box) {
  return diagram.boxes[static_cast<size_t>(box)].time == Time::gap;
}

// A frame around all steps but the first two and the last.
void frame_gaps(Diagram& diagram) {
  BoxTree tree(diagram);
  for (int line = 0, count = static_cast<int>(diagram.boxes.size()); line < count; ++line) {
    if (diagram.boxes[static_cast<size_t>(line)].time != Time::line) continue;
    const std::vector<int> steps = tree.children(line);
    if (static_cast<int>(steps.size()) <= kMostSteps) continue;
    DiagramBox gap = gap_box({});
    gap.kind = DiagramBox::Kind::frame;
    gap.path = diagram.boxes[static_cast<size_t>(line)].path;
    const int frame = tree.add(std::move(gap), line, steps.back());
    for (size_t k = 2; k + 1 < steps.size(); ++k) tree.move(steps[k], frame);
  }
  tree.finish();
}

// Lines from a gap to one box, or from one box to a gap, are one with their number, but those to a later
// step.
void join_lines(Diagram& diagram) {
  std::map<std::pair<int, int>, DiagramReader*> first;  // by both ends
  for (DiagramValue& value : diagram.values)
    for (DiagramReader& reader : value.readers) {
      if (reader.later || (!is_gap(diagram, value.source) && !is_gap(diagram, reader.box))) continue;
      const auto [at, is_new] = first.emplace(std::pair(value.source, reader.box), &reader);
      if (is_new) continue;
      at->second->count += reader.count;
      reader.count = 0;
    }
  for (DiagramValue& value : diagram.values)
    std::erase_if(value.readers, [](const DiagramReader& reader) { return reader.count == 0; });
}

}  // namespace

void skip_steps(Diagram& diagram) {
  std::map<int, int> last;  // of the steps in a gap, by the line
  for (const DiagramBox& box : diagram.boxes)
    if (box.time == Time::step) ++last[box.parent];
  std::vector<int> lengths;
  for (const auto& [line, steps] : last)
    if (steps > kMostSteps) lengths.push_back(steps);
  if (lengths.empty()) return;
  frame_gaps(diagram);
  std::vector<bool> shut(diagram.boxes.size());
  const auto is_shut = [&](size_t i) {
    return diagram.boxes[i].time == Time::gap && diagram.boxes[i].kind == DiagramBox::Kind::frame;
  };
  for (size_t i = 0; i < shut.size(); ++i) shut[i] = is_shut(i);
  collapse(diagram, shut);
  size_t next = 0;
  for (DiagramBox& box : diagram.boxes)
    if (box.time == Time::gap && box.kind == DiagramBox::Kind::folded)
      box.detail = "t = 3 … " + std::to_string(lengths[next++] - 1);
  join_lines(diagram);
}

}  // namespace orrery
