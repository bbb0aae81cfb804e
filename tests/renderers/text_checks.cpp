#include "tests/renderers/text_checks.h"

#include <algorithm>

#include <fmt/format.h>

#include "renderers/styles/box.h"

namespace orrery::test {
namespace {

constexpr double kLost = 0.05;       // in rounding
constexpr double kEmptyAbove = 0.2;  // of a line of text, above its letters

struct PlacedText {
  std::string text;
  Rect at;
};

/// Keeps where texts would stand.
class TextPlaces : public Painter {
 public:
  explicit TextPlaces(TextMeasure& measure) : measure_(measure) {}

  void draw(const Outline&, const std::optional<Color>&, const std::optional<Stroke>&) override {}
  void text(const std::string& text, const TextStyle& style, const Color&, Point at) override {
    const Size size = measure_.measure(text, style);
    texts.push_back({text, {at.x, at.y, size.width, size.height}});
  }

  std::vector<PlacedText> texts;

 private:
  TextMeasure& measure_;
};

std::string overlap_of(std::vector<PlacedText> texts) {
  std::sort(texts.begin(), texts.end(),
            [](const PlacedText& a, const PlacedText& b) { return a.at.y < b.at.y; });
  for (size_t a = 0; a < texts.size(); ++a)
    for (size_t b = a + 1; b < texts.size() && texts[b].at.y < texts[a].at.bottom(); ++b)
      if (texts[a].at.grown(-kLost).overlaps(texts[b].at))
        return fmt::format("the texts '{}' and '{}' lie over each other", texts[a].text, texts[b].text);
  return {};
}

std::string stray_of(const PlacedText& text, const layout::Sketch& sketch) {
  if (!sketch.boxes[0].at.grown(kLost).contains(text.at))
    return fmt::format("the text '{}' stands out of the page", text.text);
  for (size_t i = 1; i < sketch.boxes.size(); ++i)
    if (const Rect& box = sketch.boxes[i].at;
        box.overlaps(text.at.grown(-kLost)) && !box.grown(kLost).contains(text.at))
      return fmt::format("the text '{}' stands half in box {}", text.text, i);
  return {};
}

std::string crossed_by_line(const PlacedText& text, const layout::Sketch& sketch) {
  const double empty = text.at.height * kEmptyAbove;
  const Rect letters{text.at.x, text.at.y + empty, text.at.width, text.at.height - empty};
  for (const layout::Net& net : sketch.nets)
    for (const layout::Sink& sink : net.sinks)
      for (size_t i = 1; i < sink.path.size(); ++i)
        if (spanned(sink.path[i - 1], sink.path[i]).grown(kLost).overlaps(letters))
          return fmt::format("the line from {} to {} crosses the text '{}'", net.source, sink.box, text.text);
  return {};
}

}  // namespace

std::string text_faults(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme,
                        TextMeasure& measure) {
  TextPlaces places(measure);
  draw_boxes(diagram, sketch, theme, measure, places);
  for (const PlacedText& text : places.texts)
    for (const auto& check : {stray_of, crossed_by_line})
      if (std::string fault = check(text, sketch); !fault.empty()) return fault;
  return overlap_of(places.texts);
}

}  // namespace orrery::test
