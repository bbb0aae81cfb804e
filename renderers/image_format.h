#pragma once

#include <memory>
#include <string>
#include <vector>

#include "renderers/fonts.h"
#include "renderers/painter.h"

namespace orrery {

inline constexpr double kPointsPerMillimetre = 72 / 25.4;

enum class ImageFormat { pdf, svg, png };

/// The page that is drawn on. The drawing is in points; `scale` enlarges it.
struct Page {
  ImageFormat format = ImageFormat::pdf;
  Size size;  ///< of the drawing, before scaling
  double scale = 1;
  double dpi = 150;  ///< dots per inch of a PNG, after scaling
};

/// Draws on a page of any of the formats. Fails with an `Error(Fault::usage)` when a PNG would have more dots
/// than one can have. `fonts` outlives the painter.
std::unique_ptr<FilePainter> painter_on(const Page& page, Fonts& fonts);

/// `pdf`, `svg`, `png`: in the order of `ImageFormat`.
const std::vector<std::string>& image_formats();

/// Fails with an `Error(Fault::usage)` that names the formats when there is no such one.
ImageFormat image_format(const std::string& name);

/// Where `name` lies among `known`. Fails with an `Error(Fault::usage)` that tells what `what` may be.
size_t index_among(const std::string& what, const std::string& name, const std::vector<std::string>& known);

/// Fails with an `Error(Fault::usage)` unless it is 1 to 2400.
void check_dpi(double dpi);

}  // namespace orrery
