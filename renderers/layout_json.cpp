#include "renderers/layout_json.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace orrery {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) {
  const double hundredths = std::round(value * 100) / 100;
  return hundredths == 0 ? 0 : hundredths;  // no −0
}

Json json(const Rect& r) { return {rounded(r.x), rounded(r.y), rounded(r.width), rounded(r.height)}; }

const char* kind_of(const DiagramBox& box) {
  static constexpr const char* kNames[] = {"frame",    "folded",    "operation", "input",   "label",
                                           "constant", "parameter", "output",    "governor"};
  return kNames[static_cast<int>(box.kind)];
}

const char* direction_of(const DiagramBox& box) {
  static constexpr const char* kNames[] = {"south", "east", "north", "west"};
  return kNames[static_cast<int>(box.direction)];
}

Json json(const Inset& inset) {
  static constexpr const char* kKinds[] = {"lines", "bars", "image"};
  Json result{{"kind", kKinds[static_cast<int>(inset.kind)]}, {"title", inset.title}};
  if (!inset.left.empty() || !inset.right.empty()) result["ends"] = {inset.left, inset.right};
  if (!inset.values.empty()) result["values"] = inset.values;
  return result;
}

Json json(const DiagramBox& box, const layout::SketchBox& place) {
  Json result{{"frame", box.parent}, {"kind", kind_of(box)}, {"title", box.title}};
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) result[key] = text;
  };
  add("path", box.path);
  add("note", box.note);
  add("detail", box.detail);
  add("cost", box.cost);
  add("symbol", box.symbol);
  if (box.category) result["category"] = name(*box.category);
  if (box.kind == DiagramBox::Kind::frame) result["direction"] = direction_of(box);
  if (!box.nodes.empty()) result["nodes"] = box.nodes;
  add("amount", box.amount);
  if (!box.before.empty()) result["before"] = box.before;
  if (!box.after.empty()) result["after"] = box.after;
  if (box.mark) result["mark"] = true;
  if (!box.governed.empty()) result["governed"] = box.governed;
  if (box.repeat > 1) result["repeat"] = box.repeat;
  if (box.shared) result["shared"] = true;
  static constexpr const char* kTimes[] = {"none", "line", "step", "gap"};
  if (box.time != DiagramBox::Time::none) result["time"] = kTimes[static_cast<int>(box.time)];
  if (!box.errors.empty()) result["errors"] = box.errors;
  if (!box.warnings.empty()) result["warnings"] = box.warnings;
  add("fill", box.fill);
  if (!box.beside.empty()) result["beside"] = box.beside;
  for (const Inset& inset : box.insets) result["insets"].push_back(json(inset));
  if (box.change != GraphDiff::Kind::same) result["change"] = name(box.change);
  if (!box.changes.empty()) result["changes"] = box.changes;
  result["at"] = json(place.at);
  return result;
}

Json json(const DiagramValue& value, const layout::Net& net, size_t reader) {
  const DiagramReader& to = value.readers[reader];
  Json result{{"from", value.source}, {"output", value.output}, {"to", to.box}, {"port", to.port}};
  if (to.count > 1) result["count"] = to.count;
  if (to.faulty) result["faulty"] = true;
  if (to.later) result["later"] = true;
  if (!to.carried.empty())
    result["carried"] = to.carried, result["carried_at"] = json(net.sinks[reader].label_at);
  if (to.change != GraphDiff::Kind::same) result["change"] = name(to.change);
  if (value.amount > 0) result["amount"] = value.amount;
  if (reader == 0 && net.label.width > 0)
    result["label"] = value.label, result["label_at"] = json(net.label_at);
  Json points = Json::array();
  for (Point p : net.sinks[reader].path) points.push_back({rounded(p.x), rounded(p.y)});
  result["points"] = points;
  return result;
}

void append_rows(std::string& text, const std::vector<Json>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) text += (i == 0 ? "\n    " : ",\n    ") + rows[i].dump();
}

}  // namespace

std::string geometry_json(const Diagram& diagram, const layout::Sketch& sketch) {
  std::vector<Json> boxes, lines;
  for (size_t i = 0; i < diagram.boxes.size(); ++i) boxes.push_back(json(diagram.boxes[i], sketch.boxes[i]));
  for (size_t i = 0; i < diagram.values.size(); ++i)
    for (size_t reader = 0; reader < diagram.values[i].readers.size(); ++reader)
      lines.push_back(json(diagram.values[i], sketch.nets[i], reader));
  std::string text = "{\n  \"schema\": \"orrery.diagram\", \"version\": 1, \"unit\": \"pt\",\n  \"title\": " +
                     Json(diagram.title).dump() + ",\n  \"boxes\": [";
  append_rows(text, boxes);
  text += "],\n  \"lines\": [";
  append_rows(text, lines);
  return text + "]\n}\n";
}

}  // namespace orrery
