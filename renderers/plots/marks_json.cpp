#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "renderers/plots/marks.h"

namespace orrery::plots {
namespace {

using Json = nlohmann::ordered_json;

double hundredths(double value) {
  const double whole = std::round(value * 100);
  return whole == 0 ? 0 : whole / 100;  // no −0
}

Json json(const Color& color) {
  const auto byte = [](double share) { return static_cast<int>(std::lround(share * 255)); };
  std::string text = fmt::format("#{:02x}{:02x}{:02x}", byte(color.red), byte(color.green), byte(color.blue));
  if (color.opacity < 1) text += fmt::format("/{:.2f}", color.opacity);
  return text;
}

Json json(const Rect& r) {
  return {hundredths(r.x), hundredths(r.y), hundredths(r.width), hundredths(r.height)};
}

Json json(const std::vector<Point>& points) {
  Json list = Json::array();
  for (Point p : points) list.push_back({hundredths(p.x), hundredths(p.y)});
  return list;
}

void add_stroke(Json& result, const Stroke& stroke) {
  result["color"] = json(stroke.color);
  result["width"] = hundredths(stroke.width);
  if (!stroke.dashes.empty()) result["dashes"] = stroke.dashes;
}

Json json(const Mark& mark) {
  Json result{{"role", mark.role}};
  switch (mark.kind) {
    case Mark::Kind::line: add_stroke(result, mark.stroke); break;
    case Mark::Kind::area: result["fill"] = json(mark.fill.value_or(Color{})); break;
    case Mark::Kind::symbol:
      result["symbol"] = static_cast<int>(mark.symbol);
      result["fill"] = json(mark.fill.value_or(Color{}));
      result["at"] = json(mark.frame);
      return result;
    case Mark::Kind::text:
      result["text"] = mark.text;
      result["size"] = mark.style.size;
      result["at"] = json(mark.frame);
      return result;
  }
  result["points"] = json(mark.points);
  return result;
}

}  // namespace

std::string marks_json(const Marks& marks, Size page) {
  std::string text = fmt::format("{{\n  \"page\": [{}, {}],\n  \"marks\": [", hundredths(page.width),
                                 hundredths(page.height));
  for (size_t i = 0; i < marks.size(); ++i) text += (i == 0 ? "\n    " : ",\n    ") + json(marks[i]).dump();
  return text + "]\n}\n";
}

}  // namespace orrery::plots
