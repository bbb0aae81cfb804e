#include "renderers/stages/feature_map.h"

#include "renderers/diagram/value_text.h"

namespace orrery {
namespace {

double extent_of(const Dim& dim) { return dim.known() ? static_cast<double>(dim.value()) : 0; }

}  // namespace

FeatureMap feature_map(const Shape& shape, bool channels_last) {
  using Kind = FeatureMap::Kind;
  FeatureMap map;
  if (shape.size() < 2 || shape.size() > 5) return map;
  map.kind = static_cast<Kind>(shape.size() - 1);
  map.channels_last = channels_last && shape.size() > 2;
  Shape extents(shape.begin() + 1, shape.end());
  const auto channels = map.channels_last ? extents.end() - 1 : extents.begin();
  map.channels = extent_of(*channels);
  map.channels_text = shape_text({*channels});
  extents.erase(channels);
  for (const Dim& dim : extents) map.sizes.push_back(extent_of(dim));
  if (!extents.empty()) map.sizes_text = shape_text(extents);
  return map;
}

std::string map_text(const FeatureMap& map) {
  if (map.kind == FeatureMap::Kind::none) return {};
  return map.sizes_text.empty() ? map.channels_text : map.channels_text + " @ " + map.sizes_text;
}

}  // namespace orrery
