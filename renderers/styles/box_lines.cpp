#include "renderers/styles/box_lines.h"

#include <algorithm>

#include <fmt/format.h>

namespace orrery {
namespace {

TextLine line_of(std::vector<TextLine::Run> runs, TextMeasure& measure) {
  TextLine line;
  for (TextLine::Run& run : runs) {
    if (run.text.empty()) continue;
    const Size size = size_of(run, measure);
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

TextLine::Run mark_of(const DiagramBox& box, const Theme& theme, const TextStyle& style) {
  if (box.change == GraphDiff::Kind::same) return {};
  return {change_mark(box.change), style,
          box.heat ? theme.look(box).text : theme.changes.at(box.change).line};
}

// Of the governors that update or save what is inside.
void add_letters(std::vector<TextLine::Run>& runs, const DiagramBox& box, const Theme& theme) {
  const BoxLook governor = theme.look_of(BoxRole::governor);
  for (const std::string& letter : box.governed)
    runs.push_back({letter, theme.title, governor.fill, governor.line});
}

// The finding in words, with the script's line: a path only where the box stands for several nodes.
void add_notes(std::vector<TextLine>& lines, const DiagramBox& box, const Theme& theme,
               TextMeasure& measure) {
  constexpr size_t kMostNotes = 3, kMostLines = 4;
  const double width = 38 * measure.measure("0", theme.detail).width;
  const Color text = theme.look(box).text;
  const bool inverted =
      (text.green > 0.5) != (theme.text.green > 0.5);  // on a fill where red is hard to read
  for (size_t i = 0; i < std::min(box.notes.size(), kMostNotes); ++i) {
    const FindingNote& note = box.notes[i];
    const Color color = inverted ? text : note.error ? theme.error : theme.warning;
    add(lines, {{note.code, theme.detail, color}, {note.place, theme.detail, color}}, measure);
    const std::string words = note.path == box.path ? note.text : note.path + " " + note.text;
    std::vector<std::string> parts = broken(words, theme.detail, width, measure);
    if (parts.size() > kMostLines) parts.resize(kMostLines), parts.back() += " …";
    for (std::string& part : parts) add(lines, {{std::move(part), theme.detail, text}}, measure);
  }
  if (box.notes.size() > kMostNotes)
    add(lines, {{fmt::format("and {} more", box.notes.size() - kMostNotes), theme.detail, text}}, measure);
}

}  // namespace

TextStyle letter_style(const TextStyle& disc) { return {disc.size * 0.8, true}; }

Size size_of(const TextLine::Run& run, TextMeasure& measure) {
  const Size size = measure.measure(run.text, run.style);
  if (!run.disc) return size;
  const double letter = measure.measure(run.text, letter_style(run.style)).width;
  return {std::max(size.height, letter + 0.4 * size.height), size.height};
}

std::vector<std::string> broken(const std::string& text, const TextStyle& style, double width,
                                TextMeasure& measure) {
  std::vector<std::string> lines;
  std::string line;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    const std::string longer = line.empty() ? word : line + " " + word;
    if (!line.empty() && measure.measure(longer, style).width > width) {
      lines.push_back(line);
      line = word;
    } else {
      line = longer;
    }
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::vector<TextLine> lines_of(const DiagramBox& box, const Theme& theme, TextMeasure& measure) {
  const BoxLook look = theme.look(box);
  const Color second = look.text == theme.text ? theme.quiet : look.text;
  std::vector<TextLine> lines;
  if (look.shape == BoxShape::circle) {
    add(lines, {{box.symbol, theme.symbol, look.text}}, measure);
    return lines;
  }
  for (const std::string& text : box.before) add(lines, {{text, theme.detail, second}}, measure);
  const TextLine::Run mark = mark_of(box, theme, theme.title);
  std::vector<TextLine::Run> title{mark, {box.title, theme.title, look.text}, {box.note, theme.note, second}};
  add_letters(title, box, theme);
  add(lines, std::move(title), measure);
  add(lines, {{box.detail, theme.detail, look.text}}, measure);
  for (const std::string& text : box.changes) add(lines, {{text, theme.detail, look.text}}, measure);
  for (const std::string& text : box.after) add(lines, {{text, theme.detail, second}}, measure);
  add(lines, {{box.tag, theme.detail, second}}, measure);
  add(lines, {{box.cost, theme.detail, second}}, measure);
  add(lines, {{box.amount, theme.detail, look.text}}, measure);
  add_notes(lines, box, theme, measure);
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
  std::vector<TextLine::Run> runs{mark_of(frame, theme, theme.frame_title),
                                  {frame.title, theme.frame_title, color},
                                  {frame.tag, theme.detail, color},
                                  {joined(frame.changes), theme.detail, color},
                                  {frame.amount, theme.detail, color},
                                  {joined(frame.errors), theme.detail, theme.error},
                                  {joined(frame.warnings), theme.detail, theme.warning}};
  add_letters(runs, frame, theme);
  return line_of(std::move(runs), measure);
}

}  // namespace orrery
