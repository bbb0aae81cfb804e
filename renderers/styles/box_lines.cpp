#include "renderers/styles/box_lines.h"

namespace orrery {
namespace {

TextLine line_of(std::vector<TextLine::Run> runs, TextMeasure& measure) {
  TextLine line;
  for (TextLine::Run& run : runs) {
    if (run.text.empty()) continue;
    const Size size = measure.measure(run.text, run.style);
    line.size.width += size.width + (line.runs.empty() ? 0 : kBetweenTexts);
    line.size.height = std::max(line.size.height, size.height);
    line.runs.push_back(std::move(run));
  }
  return line;
}

void add(std::vector<TextLine>& lines, std::vector<TextLine::Run> runs, TextMeasure& measure) {
  TextLine line = line_of(std::move(runs), measure);
  if (!line.runs.empty()) lines.push_back(std::move(line));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) result += (result.empty() ? "" : ", ") + text;
  return result;
}

}  // namespace

std::vector<TextLine> lines_of(const DiagramBox& box, const Theme& theme, TextMeasure& measure) {
  const BoxLook look = theme.look(box);
  const Color second = look.text == theme.text ? theme.quiet : look.text;
  std::vector<TextLine> lines;
  if (look.shape == BoxShape::circle) {
    add(lines, {{box.symbol, theme.symbol, look.text}}, measure);
    return lines;
  }
  for (const std::string& text : box.before) add(lines, {{text, theme.detail, second}}, measure);
  add(lines, {{box.title, theme.title, look.text}, {box.note, theme.note, second}}, measure);
  add(lines, {{box.detail, theme.detail, look.text}}, measure);
  for (const std::string& text : box.after) add(lines, {{text, theme.detail, second}}, measure);
  add(lines, {{box.tag, theme.detail, second}}, measure);
  add(lines, {{box.cost, theme.detail, second}}, measure);
  add(lines, {{box.amount, theme.detail, look.text}}, measure);
  add(lines, {{joined(box.errors), theme.detail, theme.error}}, measure);
  add(lines, {{joined(box.warnings), theme.detail, theme.warning}}, measure);
  return lines;
}

std::vector<TextLine> note_of(const DiagramBox& box, const Theme& theme, TextMeasure& measure) {
  const bool frame = box.kind == DiagramBox::Kind::frame;
  std::vector<TextLine> lines;
  for (const std::string& text : box.beside)
    add(lines, {{text, theme.note, frame ? theme.frame(box, 0).text : theme.quiet}}, measure);
  return lines;
}

Size size_of(const std::vector<TextLine>& lines) {
  Size size;
  for (const TextLine& line : lines)
    size = {std::max(size.width, line.size.width), size.height + line.size.height};
  return size;
}

TextLine title_of(const DiagramBox& frame, const Theme& theme, TextMeasure& measure) {
  if (frame.parent < 0) return {};
  const Color color = theme.frame(frame, 0).text;
  return line_of({{frame.title, theme.frame_title, color},
                  {frame.tag, theme.detail, color},
                  {frame.amount, theme.detail, color},
                  {joined(frame.errors), theme.detail, theme.error},
                  {joined(frame.warnings), theme.detail, theme.warning}},
                 measure);
}

}  // namespace orrery
