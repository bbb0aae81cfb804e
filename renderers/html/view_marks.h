#pragma once

#include "renderers/html/view_model.h"
#include "renderers/painter.h"

namespace orrery {

/// Keeps what is painted as a list for the page: `{"d": path, "fill": …, "stroke": …, "width": …, "dashes":
/// …}`, `{"text": …, "at": [x, y], "style": …, "fill": …}` and `{"image": PNG as an address of data, "at": …,
/// "size": [width, height]}`. Colours of a box's look and of the theme become the page's variables.
class ViewMarks : public Painter {
 public:
  ViewMarks(const Theme& theme, const BoxLook& look, ViewLooks& looks)
      : theme_(theme), look_(look), looks_(looks) {}

  void draw(const Outline& outline, const std::optional<Color>& fill,
            const std::optional<Stroke>& stroke) override;
  void text(const std::string& text, const TextStyle& style, const Color& color, Point at) override;
  /// REQUIRES: the picture stands upright.
  void image(const Raster& raster, Point at, Point right, Point down) override;
  ViewJson take() { return std::move(marks_); }

 private:
  std::string css(Color color) const;

  const Theme& theme_;
  const BoxLook& look_;
  ViewLooks& looks_;
  ViewJson marks_ = ViewJson::array();
};

}  // namespace orrery
