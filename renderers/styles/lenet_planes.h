#pragma once

#include "renderers/stages/stage_marks.h"

namespace orrery {

/// Where the planes of one map lie, around (0, 0); the last one lies in front.
struct PlaneStack {
  int count = 1;
  double width = 0, height = 0;
  double step = 0;   ///< from one plane to the next, to the right and downwards
  double solid = 0;  ///< how far a plane goes back, for maps of three extents

  Rect plane(int index) const;
  Rect front() const { return plane(count - 1); }
};

/// How large planes and bars are: as NNView draws them, a side goes linearly from 20 to 150 units as the
/// extent goes from 0 to the net's largest, and there are channels / ln(most channels) planes, in proportion
/// fewer when those would be many.
class LenetScale {
 public:
  LenetScale(const StageScale& scale, double zoom) : scale_(scale), unit_(0.46 * zoom) {}

  PlaneStack stack(const FeatureMap& map) const;
  double bar(double features) const;
  double bar_thickness() const { return 14 * unit_; }

 private:
  double side(double extent) const { return StageScale::between(extent, scale_.extent, 20, 150) * unit_; }
  int planes(double channels) const;

  StageScale scale_;
  double unit_;
};

}  // namespace orrery
