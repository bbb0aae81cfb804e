#pragma once

#include <memory>
#include <string>
#include <vector>

#include "renderers/fonts.h"
#include "renderers/image_format.h"

namespace orrery {

/// Draws SVG and PNG with cairo into memory. SVG holds text as outlines. The bytes depend on the drawing
/// alone: no dates, no names of this machine. Not copied; one thread at a time.
class CairoPainter : public FilePainter {
 public:
  /// Fails with an `Error(Fault::usage)` when a PNG would have more dots than one can have. `fonts`
  /// outlives the painter.
  CairoPainter(const Page& page, Fonts& fonts);
  ~CairoPainter() override;

  void draw(const Outline& outline, const std::optional<Color>& fill,
            const std::optional<Stroke>& stroke) override;
  void text(const std::string& text, const TextStyle& style, const Color& color, Point at) override;
  void image(const Raster& raster, Point at, Point right, Point down) override;

  std::string finish() override;

 private:
  bool keep(const Outline& outline, const std::optional<Color>& fill, const std::optional<Stroke>& stroke);
  void draw_kept();
  void stroke(const Stroke& stroke);

  struct Handles;
  Fonts& fonts_;
  Page page_;
  std::string bytes_;
  std::unique_ptr<Handles> handles_;
  std::vector<Outline> strokes_, fills_;  // kept, all of one colour
  Stroke kept_;                           // their colour, and the look of the strokes
};

}  // namespace orrery
