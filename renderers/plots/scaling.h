#pragma once

#include <span>

#include "renderers/plots/figure.h"

namespace orrery::plots {

/// Where the values of an axis lie on the page.
struct Scaling {
  Scale scale = Scale::linear;
  double from = 0, to = 1;    ///< values, from < to; above 0 on a logarithmic axis
  double begin = 0, end = 1;  ///< where they lie, in points; y grows downwards, so begin may be above end

  /// Whether a value has a place: finite, no larger than 1e300, above 0 on a logarithmic axis.
  bool holds(double value) const;
  /// Where a value lies, also outside the ends. REQUIRES: holds(value).
  double at(double value) const;
};

/// The least and the largest value that have a place.
struct Extent {
  double least = 0, largest = 0;
  bool empty = true;

  void take(double value, Scale scale);
  void take(std::span<const double> values, Scale scale);
};

/// The ends of an axis: as asked for, else the data's with `margin` (a share of the axis) on both sides. A
/// linear axis whose data lie above 0 and reach near it begins at 0. Data at one place get room around it; no
/// data: 0 to 1, on a logarithmic axis 1 to 10. Fails with an `Error(Fault::usage)` when the ends asked for
/// are not in order, or not above 0 on a logarithmic axis.
Scaling scaling_of(const Axis& axis, const Extent& data, double margin);

}  // namespace orrery::plots
