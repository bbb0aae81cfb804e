#include "renderers/stages/feature_map.h"

#include "renderers/diagram/value_text.h"

namespace orrery {
namespace {

double extent_of(const Dim& dim) { return dim.known() ? static_cast<double>(dim.value()) : 0; }

}  // namespace

FeatureMap feature_map(const Shape& shape, bool channels_last, bool batched) {
  using Kind = FeatureMap::Kind;
  FeatureMap map;
  const size_t size = shape.size() - (batched && !shape.empty() ? 1 : 0);
  if (size < 1 || size > 4) return map;
  map.kind = static_cast<Kind>(size);
  map.channels_last = channels_last && size > 1;
  Shape extents(shape.end() - static_cast<std::ptrdiff_t>(size), shape.end());
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
