#pragma once

#include <string>
#include <vector>

#include "renderers/plots/scaling.h"
#include "renderers/text_measure.h"

namespace orrery::plots {

struct Tick {
  double value = 0;
  std::string label;  ///< empty: a minor tick
};

/// How much room the labels of an axis have.
struct TickRoom {
  bool across = true;  ///< the axis is horizontal: labels stand side by side, not above each other
  TextStyle style;
  double least_gap = 6;       ///< between labels, in points
  double least_distance = 0;  ///< between labelled ticks, in points
};

/// The ticks of an axis, rising: labelled ones at 1, 2 or 5 times a power of ten, as close as their labels
/// allow, with minor ones between where these are 3 points apart or more. On a logarithmic axis at powers of
/// ten; where it is short, also between them.
std::vector<Tick> ticks_of(const Axis& axis, const Scaling& scaling, const TickRoom& room,
                           TextMeasure& measure);

/// Ticks at these values alone, rising: the choices of a setting say more than round numbers between them.
/// Empty where one of them is no decimal of four digits, or the labels would touch.
std::vector<Tick> ticks_at(std::vector<double> values, const Scaling& scaling, const TickRoom& room,
                           TextMeasure& measure);

}  // namespace orrery::plots
