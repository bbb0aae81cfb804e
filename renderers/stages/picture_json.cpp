#include <cmath>

#include <nlohmann/json.hpp>

#include "renderers/stages/picture.h"

namespace orrery {
namespace {

using Json = nlohmann::ordered_json;

double hundredths(double value) {
  const double rounded = std::round(value * 100) / 100;
  return rounded == 0 ? 0 : rounded;  // no −0
}

Json json_of(const std::vector<Point>& points) {
  Json result = Json::array();
  for (Point p : points) result.push_back({hundredths(p.x), hundredths(p.y)});
  return result;
}

Json json_of(const PictureShape& shape) {
  static constexpr const char* kForms[] = {"polygon", "rounded", "ellipse"};
  Json result{{"piece", shape.piece}, {"form", kForms[static_cast<size_t>(shape.form)]}};
  result["corners"] = json_of(shape.corners);
  if (shape.image) result["image"] = {shape.image->width, shape.image->height};
  return result;
}

Json json_of(const PictureLine& line) {
  static constexpr const char* kKinds[] = {"flow", "skip", "turn", "guide"};
  Json result{{"kind", kKinds[static_cast<size_t>(line.kind)]}, {"from", line.from}, {"to", line.to}};
  if (line.faulty) result["faulty"] = true;
  result["points"] = json_of(line.points);
  return result;
}

Json json_of(const PictureBracket& bracket) {
  return {{"frame", bracket.frame}, {"points", json_of(bracket.points)}};
}

Json json_of(const PictureText& text) {
  const Rect& r = text.at;
  Json result{{"piece", text.piece}, {"text", text.text}, {"points", text.style.size}};
  if (text.inside) result["inside"] = true;
  result["at"] = {hundredths(r.x), hundredths(r.y), hundredths(r.width), hundredths(r.height)};
  return result;
}

template <class T>
std::string rows_of(const std::vector<T>& things) {
  std::string text;
  for (size_t i = 0; i < things.size(); ++i)
    text += (i == 0 ? "\n    " : ",\n    ") + json_of(things[i]).dump();
  return text;
}

}  // namespace

std::string picture_json(const Picture& picture) {
  std::string text = "{\n  \"size\": ";
  text += Json{hundredths(picture.size.width), hundredths(picture.size.height)}.dump();
  text += ",\n  \"shapes\": [" + rows_of(picture.shapes) + "],\n  \"lines\": [" + rows_of(picture.lines);
  return text + "],\n  \"brackets\": [" + rows_of(picture.brackets) + "],\n  \"texts\": [" +
         rows_of(picture.texts) + "]\n}\n";
}

}  // namespace orrery
