#include "renderers/styles/lenet_planes.h"

#include <cmath>

namespace orrery {
namespace {

constexpr double kMostPlanes = 10;

}  // namespace

Rect PlaneStack::plane(int index) const {
  const double all = step * (count - 1), shift = step * index;
  return {shift - (all + width) / 2, shift - (all + height) / 2, width, height};
}

int LenetScale::planes(double channels) const {
  const double by = std::log(std::max(scale_.channels, 3.0)), most = scale_.channels / by;
  const double wanted = (channels > 0 ? channels : scale_.channels / 2) / by;
  return std::max(1,
                  static_cast<int>(std::lround(most > kMostPlanes ? wanted * kMostPlanes / most : wanted)));
}

PlaneStack LenetScale::stack(const FeatureMap& map) const {
  PlaneStack stack{planes(map.channels), side(map.width()), side(map.height())};
  stack.step = 6 * unit_;
  if (map.kind == FeatureMap::Kind::sequence) stack.height = 12 * unit_;
  if (map.kind == FeatureMap::Kind::solid) stack.solid = side(map.depth()) * 0.3;
  if (stack.solid > 0) stack.step = std::max(stack.step, stack.solid * 0.6);
  return stack;
}

double LenetScale::bar(double features) const {
  const double most = std::log(1 + std::max(scale_.features, 2.0));
  return StageScale::between(features > 0 ? std::log(1 + features) : 0, most, 20, 150) * unit_;
}

}  // namespace orrery
