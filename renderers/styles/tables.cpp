#include "renderers/styles/tables.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace orrery {
namespace {

// One size alone: each more brings its letters along in an SVG.
const TextStyle kName{6.5, true}, kKey{6.5, true}, kColumn{6.5, false}, kOther{6.5, false}, kGroup{6.5, true};
const Color kInk = rgb(0x1a1a1a), kQuiet = rgb(0x5a5a5a), kReference = rgb(0x1f669c);
const Color kHead = rgb(0xcfe3f5), kBorder = rgb(0x4a5058), kFrame = rgb(0xf5f6f7),
            kFrameLine = rgb(0x8c8c8c);
constexpr double kPaddingX = 5, kPaddingY = 3, kLeastWidth = 70, kMostWidth = 116, kCorner = 3;
constexpr size_t kMostOthers = 4;  // lines of other columns

struct TableLine {
  std::string text;
  TextStyle style;
  Color color;
};

bool refers(const TableBox& table, const std::string& column) {
  return std::any_of(table.references.begin(), table.references.end(),
                     [&](const TableBox::Reference& each) { return each.column == column; });
}

// Names side by side, broken into lines; what does not fit is counted.
std::vector<TableLine> other_lines(const std::vector<std::string>& names, TextMeasure& measure) {
  std::vector<TableLine> lines;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string word = names[i] + (i + 1 < names.size() ? "," : "");
    const std::string longer = lines.empty() ? word : lines.back().text + " " + word;
    if (!lines.empty() && measure.measure(longer, kOther).width <= kMostWidth - 2 * kPaddingX) {
      lines.back().text = longer;
      continue;
    }
    if (lines.size() == kMostOthers) {
      lines.push_back({fmt::format("and {} more", names.size() - i), kOther, kQuiet});
      break;
    }
    lines.push_back({word, kOther, kQuiet});
  }
  return lines;
}

std::vector<TableLine> lines_of_table(const TableBox& table, TextMeasure& measure) {
  std::vector<TableLine> lines{{table.name, kName, kInk}};
  for (const std::string& key : table.keys)
    lines.push_back({key, kKey, refers(table, key) ? kReference : kInk});
  for (const TableBox::Reference& each : table.references) {
    const bool is_key = std::find(table.keys.begin(), table.keys.end(), each.column) != table.keys.end();
    if (!is_key) lines.push_back({each.column, kColumn, kReference});
  }
  for (TableLine& line : other_lines(table.others, measure)) lines.push_back(std::move(line));
  return lines;
}

Size size_of_table(const TableBox& table, TextMeasure& measure) {
  Size size{kLeastWidth, 3 * kPaddingY};
  for (const TableLine& line : lines_of_table(table, measure)) {
    const Size text = measure.measure(line.text, line.style);
    size.width = std::max(size.width, text.width + 2 * kPaddingX);
    size.height += text.height;
  }
  return size;
}

int box_of(const TableDiagram& diagram, int table) {
  return 1 + static_cast<int>(diagram.groups.size()) + table;
}

// Where a table is referred to, and by which; in the order of the tables.
std::map<int, std::vector<int>> readers_of(const TableDiagram& diagram) {
  std::map<int, std::vector<int>> readers;
  for (int i = 0; i < static_cast<int>(diagram.tables.size()); ++i)
    for (const TableBox::Reference& each : diagram.tables[static_cast<size_t>(i)].references)
      if (each.table != i) readers[each.table].push_back(i);
  return readers;
}

void draw_arrow(Point tip, Point from, Painter& painter) {
  constexpr double kLength = 4.2, kHalf = 1.8;
  const double size = std::hypot(tip.x - from.x, tip.y - from.y);
  if (size == 0) return;
  const double dx = (tip.x - from.x) / size, dy = (tip.y - from.y) / size;
  const Point base{tip.x - dx * kLength, tip.y - dy * kLength};
  painter.draw(
      Outline::polygon(
          {tip, {base.x - dy * kHalf, base.y + dx * kHalf}, {base.x + dy * kHalf, base.y - dx * kHalf}}),
      kBorder, {});
}

// One outline, so that lines which share their beginning are no darker there.
Outline outline_of_net(const layout::Net& net) {
  Outline whole;
  for (const layout::Sink& sink : net.sinks) {
    const Outline line = Outline::rounded_polyline(sink.path, kCorner);
    for (const Outline::Step& step : line.steps()) {
      if (step.verb == Outline::Verb::move) whole.move(step.to);
      if (step.verb == Outline::Verb::line) whole.line(step.to);
      if (step.verb == Outline::Verb::curve) whole.curve(step.a, step.b, step.to);
    }
  }
  return whole;
}

void draw_table(const TableBox& table, const Rect& at, TextMeasure& measure, Painter& painter) {
  const std::vector<TableLine> lines = lines_of_table(table, measure);
  const double head = measure.measure(lines[0].text, kName).height + 1.5 * kPaddingY;
  painter.draw(Outline::rounded(at, kCorner), rgb(0xffffff), {});
  painter.draw(Outline::rounded({at.x, at.y, at.width, head}, kCorner), kHead, {});
  painter.draw(Outline::polygon({{at.x, at.y + head / 2},
                                 {at.right(), at.y + head / 2},
                                 {at.right(), at.y + head},
                                 {at.x, at.y + head}}),
               kHead, {});
  painter.draw(Outline::rounded(at, kCorner), {}, Stroke{kBorder, 0.7});
  double y = at.y + kPaddingY * 0.75;
  for (size_t i = 0; i < lines.size(); ++i) {
    painter.text(lines[i].text, lines[i].style, lines[i].color, {at.x + kPaddingX, y});
    y += measure.measure(lines[i].text, lines[i].style).height + (i == 0 ? kPaddingY * 1.25 : 0);
  }
}

}  // namespace

layout::Sketch sketch_tables(const TableDiagram& diagram, TextMeasure& measure) {
  layout::Sketch sketch;
  sketch.spacing.box = 10, sketch.spacing.rank = 18, sketch.spacing.lane = 5;
  sketch.boxes.push_back({.frame = true, .direction = diagram.direction});
  for (const std::string& group : diagram.groups) {
    const Size title = measure.measure(group, kGroup);
    sketch.boxes.push_back({.parent = 0,
                            .frame = true,
                            .direction = diagram.direction,
                            .title = {title.width, title.height + kPaddingY}});
  }
  for (const TableBox& table : diagram.tables)
    sketch.boxes.push_back(
        {.parent = table.group + 1, .size = size_of_table(table, measure), .side_entry = false});
  for (const auto& [table, readers] : readers_of(diagram)) {
    layout::Net net{.source = box_of(diagram, table)};
    for (const int reader : readers) net.sinks.push_back({.box = box_of(diagram, reader)});
    sketch.nets.push_back(std::move(net));
  }
  return sketch;
}

void draw_tables(const TableDiagram& diagram, const layout::Sketch& sketch, TextMeasure& measure,
                 Painter& painter) {
  for (size_t i = 0; i < diagram.groups.size(); ++i) {
    const layout::SketchBox& frame = sketch.boxes[i + 1];
    painter.draw(Outline::rounded(frame.at, kCorner + 1.5), kFrame, Stroke{kFrameLine, 0.6});
    painter.text(diagram.groups[i], kGroup, kQuiet, {frame.title_at.x, frame.title_at.y + kPaddingY / 2});
  }
  for (const layout::Net& net : sketch.nets) {
    painter.draw(outline_of_net(net), {}, Stroke{kBorder, 0.7});
    draw_arrow(net.sinks[0].path[0], net.sinks[0].path[1], painter);
  }
  for (size_t i = 0; i < diagram.tables.size(); ++i)
    draw_table(diagram.tables[i], sketch.boxes[static_cast<size_t>(box_of(diagram, static_cast<int>(i)))].at,
               measure, painter);
}

}  // namespace orrery
