#include "renderers/viridis.h"

#include <algorithm>

namespace orrery {

const std::vector<Color>& viridis() {
  static const std::vector<Color> colors = {rgb(0x440154), rgb(0x482475), rgb(0x414487), rgb(0x355f8d),
                                            rgb(0x2a788e), rgb(0x21918c), rgb(0x22a884), rgb(0x44bf70),
                                            rgb(0x7ad151), rgb(0xbddf26), rgb(0xfde725)};
  return colors;
}

Color color_at(const std::vector<Color>& scale, double share) {
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(scale.size() - 1);
  const auto low = std::min(static_cast<size_t>(at), scale.size() - 2);
  const Color &a = scale[low], &b = scale[low + 1];
  const double part = at - static_cast<double>(low);
  const auto mixed = [part](double from, double to) { return from + (to - from) * part; };
  return {mixed(a.red, b.red), mixed(a.green, b.green), mixed(a.blue, b.blue)};
}

}  // namespace orrery
