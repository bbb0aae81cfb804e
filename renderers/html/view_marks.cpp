#include "renderers/html/view_marks.h"

#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "renderers/font_subset.h"
#include "renderers/formats/hex_color.h"
#include "renderers/png_image.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

std::string path_of(const Outline& outline) {
  using Verb = Outline::Verb;
  std::string d;
  for (const Outline::Step& step : outline.steps()) {
    const auto to = [&](char letter) { d += fmt::format("{}{:.2f} {:.2f}", letter, step.to.x, step.to.y); };
    switch (step.verb) {
      case Verb::move: to('M'); break;
      case Verb::line: to('L'); break;
      case Verb::curve:
        d += fmt::format("C{:.2f} {:.2f} {:.2f} {:.2f} {:.2f} {:.2f}", step.a.x, step.a.y, step.b.x, step.b.y,
                         step.to.x, step.to.y);
        break;
      case Verb::close: d += 'z'; break;
    }
  }
  return d;
}

std::string dashes_of(const Stroke& stroke) {
  std::string text;
  for (double length : stroke.dashes) text += fmt::format("{}{:.4g}", text.empty() ? "" : " ", length);
  return text;
}

// Looked at on a screen, a dot is a dot.
std::string png_of(const Raster& raster) {
  constexpr double kDpi = 96;
  std::vector<std::uint32_t> dots;
  for (size_t i = 0; i + 2 < raster.rgb.size(); i += 3)
    dots.push_back(std::uint32_t{raster.rgb[i]} << 16 | std::uint32_t{raster.rgb[i + 1]} << 8 |
                   raster.rgb[i + 2]);
  const int stride = raster.width * static_cast<int>(sizeof(std::uint32_t));
  return png_image({reinterpret_cast<const unsigned char*>(dots.data()), raster.width, raster.height, stride},
                   kDpi);
}

}  // namespace

std::string ViewMarks::css(Color color) const {
  const double opacity = color.opacity;
  color.opacity = 1;
  const std::string solid = color == look_.line          ? "var(--stroke)"
                            : color == look_.text        ? "var(--ink)"
                            : color == theme_.background ? "var(--background)"
                                                         : hex_color(color);
  return opacity == 1 ? solid
                      : fmt::format("color-mix(in srgb, {} {:.0f}%, transparent)", solid, opacity * 100);
}

void ViewMarks::draw(const Outline& outline, const std::optional<Color>& fill,
                     const std::optional<Stroke>& stroke) {
  ViewJson mark{{"d", path_of(outline)}, {"fill", fill ? css(*fill) : "none"}};
  if (stroke) mark["stroke"] = css(stroke->color), mark["width"] = stroke->width;
  if (stroke && !stroke->dashes.empty()) mark["dashes"] = dashes_of(*stroke);
  marks_.push_back(std::move(mark));
}

void ViewMarks::image(const Raster& raster, Point at, Point right, Point down) {
  invariant(right.y == 0 && down.x == 0, "a picture of a view stands upright");
  marks_.push_back(ViewJson{{"image", "data:image/png;base64," + base64(png_of(raster))},
                            {"at", {at.x, at.y}},
                            {"size", {right.x, down.y}}});
}

void ViewMarks::text(const std::string& text, const TextStyle& style, const Color& color, Point at) {
  if (text.empty()) return;
  looks_.add_letters(text);
  marks_.push_back(
      ViewJson{{"text", text}, {"at", {at.x, at.y}}, {"style", looks_.style(style)}, {"fill", css(color)}});
}

}  // namespace orrery
