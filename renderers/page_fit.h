#pragma once

#include <string>

#include "renderers/box_drawing.h"
#include "renderers/image_format.h"

namespace orrery {

/// A page's room in millimetres; a side without a limit is infinite.
struct PageSize {
  double width, height;
};

/// Fails with an `Error(Fault::usage)` that names the pages there are.
PageSize page_size(const std::string& name);

/// How a drawing is scaled to be on a page: to `most` at most.
double scale_on(const PageSize& page, Size drawing, double most = 1);

/// The size of a theme's smallest text that is always legible: numbers at ports are not counted.
double least_text(const Theme& theme);

/// What a drawing has to fit on.
struct PageWish {
  PageSize size;
  std::string name;  ///< for messages: `a4`, or empty
  double least_font = 6;
  bool wrap = true;  ///< chains may be broken into columns or rows

  /// The smallest and the largest scale of a theme's drawings.
  double least_scale(const Theme& theme) const { return least_font / least_text(theme); }
  double most_scale(const Theme& theme) const { return std::max(1.0, least_scale(theme)); }
};

/// Says how large the drawing is, and what to collapse or leave out.
[[noreturn]] void refuse_page(const PageWish& page, const Theme& theme, const BoxDrawing& drawing);

}  // namespace orrery
