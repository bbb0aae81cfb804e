#include "renderers/formats/box_words.h"

#include <algorithm>
#include <utility>

#include "renderers/formats/letters.h"
#include "renderers/styles/box_lines.h"

namespace orrery {
namespace {

std::string joined_runs(const TextLine& line) {
  std::string text;
  for (const TextLine::Run& run : line.runs)
    text += (text.empty() ? "" : " ") + (run.disc ? "(" + run.text + ")" : run.text);
  return text;
}

}  // namespace

std::vector<std::string> words_of(const DiagramBox& box, const Theme& theme) {
  ColumnMeasure measure;
  std::vector<TextLine> lines;
  if (box.kind == DiagramBox::Kind::frame)
    lines = {title_of(box, theme, measure)};
  else
    lines = lines_of(box, theme, measure);
  for (TextLine& line : note_of(box, theme, measure)) lines.push_back(std::move(line));
  std::vector<std::string> words;
  for (const TextLine& line : lines)
    if (std::string text = joined_runs(line); !text.empty()) words.push_back(std::move(text));
  for (const Inset& inset : box.insets)
    if (!inset.title.empty()) words.push_back(inset.title);
  return words;
}

std::string operand_number(const DiagramReader& reader, const Diagram& diagram, const Theme& theme) {
  const DiagramBox& box = diagram.boxes[static_cast<size_t>(reader.box)];
  const bool any_order = box.mark || box.symbol.empty() || box.symbol == "+" || box.symbol == "×";
  const bool numbered = !any_order && theme.look(box).shape == BoxShape::circle;
  return numbered ? std::to_string(reader.port + 1) : std::string();
}

void walk(const Diagram& diagram, const std::function<void(int box, int depth)>& enter,
          const std::function<void(int frame, int depth)>& leave) {
  std::vector<std::vector<int>> children(diagram.boxes.size());
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    children[static_cast<size_t>(diagram.boxes[i].parent)].push_back(static_cast<int>(i));
  std::vector<std::pair<int, size_t>> open{{0, 0}};
  while (!open.empty()) {
    auto& [frame, next] = open.back();
    const int depth = static_cast<int>(open.size()) - 1;
    if (next == children[static_cast<size_t>(frame)].size()) {
      if (frame != 0) leave(frame, depth - 1);
      open.pop_back();
      continue;
    }
    const int box = children[static_cast<size_t>(frame)][next++];
    enter(box, depth);
    if (diagram.boxes[static_cast<size_t>(box)].kind == DiagramBox::Kind::frame) open.emplace_back(box, 0);
  }
}

}  // namespace orrery
