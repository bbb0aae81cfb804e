#include "renderers/plots/axis.h"

#include <algorithm>

namespace orrery::plots {
namespace {

Point on(const PlacedAxis& axis, double along, double outwards) {
  switch (axis.side) {
    case Side::bottom: return {along, axis.across + outwards};
    case Side::left: return {axis.across - outwards, along};
    case Side::right: return {axis.across + outwards, along};
  }
  return {};
}

Mark tick_label(const PlacedAxis& axis, const Tick& tick, const PlotTheme& theme, TextMeasure& measure) {
  const Size size = measure.measure(tick.label, theme.tick);
  Point at = on(axis, axis.scaling.at(tick.value), theme.tick_length + theme.between_tick_and_label);
  if (axis.side == Side::bottom) at.x -= size.width / 2;
  if (axis.side != Side::bottom) at.y -= size.height / 2;
  if (axis.side == Side::left) at.x -= size.width;
  return text_mark("tick label", tick.label, theme.tick, theme.text, at, measure);
}

}  // namespace

double room_beside(const PlacedAxis& axis, const PlotTheme& theme, TextMeasure& measure) {
  double most = 0;
  for (const Tick& tick : axis.ticks) {
    if (tick.label.empty()) continue;
    const Size size = measure.measure(tick.label, theme.tick);
    most = std::max(most, axis.side == Side::bottom ? size.height : size.width);
  }
  return most + theme.tick_length + theme.between_tick_and_label;
}

Marks axis_marks(const PlacedAxis& axis, const PlotTheme& theme, TextMeasure& measure) {
  const Stroke thin{theme.axis, theme.axis_width};
  Marks marks = {line_mark("axis", {on(axis, axis.scaling.begin, 0), on(axis, axis.scaling.end, 0)}, thin)};
  for (const Tick& tick : axis.ticks) {
    const double at = axis.scaling.at(tick.value);
    const double length = tick.label.empty() ? theme.minor_length : theme.tick_length;
    marks.push_back(
        line_mark(tick.label.empty() ? "minor tick" : "tick", {on(axis, at, 0), on(axis, at, length)}, thin));
    if (!tick.label.empty()) marks.push_back(tick_label(axis, tick, theme, measure));
  }
  return marks;
}

std::string title_of(const Axis& axis) {
  if (axis.unit.empty()) return axis.label;
  return axis.label.empty() ? axis.unit : axis.label + " (" + axis.unit + ")";
}

}  // namespace orrery::plots
