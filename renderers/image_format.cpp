#include "renderers/image_format.h"

#include <algorithm>
#include <cmath>

#include "renderers/cairo_painter.h"
#include "renderers/formats/pdf_painter.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {

std::unique_ptr<FilePainter> painter_on(const Page& page, Fonts& fonts) {
  if (page.format == ImageFormat::pdf) return std::make_unique<PdfPainter>(page.size, page.scale, fonts);
  return std::make_unique<CairoPainter>(page, fonts);
}

const std::vector<std::string>& image_formats() {
  static const std::vector<std::string> formats = {"pdf", "svg", "png"};
  return formats;
}

size_t index_among(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
  const auto at = std::find(known.begin(), known.end(), name);
  if (at != known.end()) return static_cast<size_t>(at - known.begin());
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "'" : ", '") + one + "'";
  fail(Fault::usage, "{} must be {}{}, got '{}'{}", what, known.size() > 1 ? "one of " : "", list, name,
       did_you_mean(name, known));
}

ImageFormat image_format(const std::string& name) {
  return static_cast<ImageFormat>(index_among("format", name, image_formats()));
}

void check_dpi(double dpi) {
  check(std::isfinite(dpi) && dpi >= 1 && dpi <= 2400, Fault::usage, "dpi must be 1 to 2400, got {}", dpi);
}

}  // namespace orrery
