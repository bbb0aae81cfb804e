#include "renderers/styles/port_names.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

namespace orrery {
namespace {

constexpr double kBesideLine = 1.8, kAboveTip = 0.8;

/// Finds room for names among lines, labels and the names before.
class PortNames {
 public:
  PortNames(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme, TextMeasure& measure)
      : diagram_(diagram), sketch_(sketch), theme_(theme), measure_(measure) {
    for (const layout::Net& net : sketch.nets) {
      if (net.label.width > 0) taken_.push_back(net.label_at);
      for (const layout::Sink& sink : net.sinks)
        for (size_t i = 1; i < sink.path.size(); ++i)
          lines_.push_back(spanned(sink.path[i - 1], sink.path[i]));
    }
  }

  void draw(Painter& painter) {
    std::map<int, std::vector<Named>> of_box;
    for (size_t value = 0; value < diagram_.values.size(); ++value)
      for (size_t i = 0; i < diagram_.values[value].readers.size(); ++i)
        if (const DiagramReader& reader = diagram_.values[value].readers[i]; !reader.name.empty())
          of_box[reader.box].push_back({reader.name, &sketch_.nets[value].sinks[i].path});
    for (auto& [box, names] : of_box)
      if (!draw(names, painter)) {
        for (Named& one : names)
          one.name = std::string(1, static_cast<char>(std::toupper(static_cast<unsigned char>(one.name[0]))));
        draw(names, painter);
      }
  }

 private:
  struct Named {
    std::string name;
    const std::vector<Point>* path;
  };

  // All names of a box, or none of them: whole ones beside letters would be read as different things. Letters
  // are drawn where they have room.
  bool draw(const std::vector<Named>& names, Painter& painter) {
    const size_t before = taken_.size();
    std::vector<std::pair<const std::string*, Rect>> placed;
    for (const Named& one : names) {
      if (one.path->size() < 2) continue;
      const auto at = free_place(one);
      if (!at && one.name.size() > 1) return taken_.resize(before), false;
      if (!at) continue;
      taken_.push_back(*at);
      placed.emplace_back(&one.name, *at);
    }
    for (const auto& [name, at] : placed) painter.text(*name, theme_.shape, theme_.quiet, {at.x, at.y});
    return true;
  }

  std::optional<Rect> free_place(const Named& one) const {
    for (bool before : {true, false})
      if (const Rect at = place(one.name, (*one.path)[one.path->size() - 2], one.path->back(), before);
          is_free(at))
        return at;
    return {};
  }

  // Left or right of a line that goes down or up, above or below one that goes to the side.
  Rect place(const std::string& text, Point from, Point tip, bool before) const {
    const Size size = measure_.measure(text, theme_.shape);
    if (from.y == tip.y) {
      const double x = from.x < tip.x ? tip.x - size.width - 1 : tip.x + 1;
      return {x, before ? tip.y - size.height - 0.8 : tip.y + 0.8, size.width, size.height};
    }
    const double y = from.y < tip.y ? tip.y - size.height - kAboveTip : tip.y + kAboveTip;
    return {before ? tip.x - kBesideLine - size.width : tip.x + kBesideLine, y, size.width, size.height};
  }

  // Above its letters a line of text is empty.
  bool is_free(const Rect& at) const {
    const double empty = at.height * 0.2;
    const Rect letters{at.x, at.y + empty, at.width, at.height - empty};
    return std::none_of(taken_.begin(), taken_.end(), [&](const Rect& r) { return r.overlaps(at); }) &&
           std::none_of(lines_.begin(), lines_.end(),
                        [&](const Rect& r) { return r.grown(0.4).overlaps(letters); });
  }

  const Diagram& diagram_;
  const layout::Sketch& sketch_;
  const Theme& theme_;
  TextMeasure& measure_;
  std::vector<Rect> taken_, lines_;
};

}  // namespace

void draw_port_names(const Diagram& diagram, const layout::Sketch& sketch, const Theme& theme,
                     TextMeasure& measure, Painter& painter) {
  PortNames(diagram, sketch, theme, measure).draw(painter);
}

}  // namespace orrery
