#include "renderers/html/view_marks.h"

#include <fmt/format.h>

#include "renderers/formats/hex_color.h"

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
  marks_.push_back(std::move(mark));
}

void ViewMarks::text(const std::string& text, const TextStyle& style, const Color& color, Point at) {
  if (text.empty()) return;
  looks_.add_letters(text);
  marks_.push_back(
      ViewJson{{"text", text}, {"at", {at.x, at.y}}, {"style", looks_.style(style)}, {"fill", css(color)}});
}

}  // namespace orrery
