#include "renderers/image_format.h"
#include "renderers/plots/plot.h"

namespace orrery::plots {

std::string draw_marks(const Marks& marks, Size page, const std::string& format, double dpi, Fonts& fonts) {
  check_dpi(dpi);
  const auto painter = painter_on({.format = image_format(format), .size = page, .dpi = dpi}, fonts);
  draw(marks, *painter);
  return painter->finish();
}

}  // namespace orrery::plots
