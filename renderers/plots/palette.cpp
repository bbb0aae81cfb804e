#include "renderers/plots/palette.h"

#include <algorithm>

#include "renderers/viridis.h"

namespace orrery::plots {

Color palette_color(double share) {
  constexpr double kPalest = 0.9;  // a line on white must still be seen
  return color_at(viridis(), kPalest * std::clamp(share, 0.0, 1.0));
}

}  // namespace orrery::plots
