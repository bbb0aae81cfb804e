#include <algorithm>

#include "renderers/formats/hex_color.h"
#include "renderers/html/view_marks.h"
#include "renderers/html/view_model.h"
#include "renderers/styles/box.h"
#include "renderers/styles/box_lines.h"
#include "renderers/styles/inset.h"

namespace orrery {
namespace {

// What the page colours a text by, whichever theme it shows.
enum TextColour { kText, kSecond, kError, kWarning };

TextColour colour_of(const TextLine::Run& run, const Theme& theme, Color text) {
  if (run.color == text) return kText;
  if (run.color == theme.error) return kError;
  return run.color == theme.warning ? kWarning : kSecond;
}

ViewJson json(const TextLine& line, const Theme& theme, Color text, ViewLooks& looks) {
  ViewJson runs = ViewJson::array();
  for (const TextLine::Run& run : line.runs) {
    looks.add_letters(run.text);
    runs.push_back({run.text, looks.style(run.style), static_cast<int>(colour_of(run, theme, text))});
  }
  return runs;
}

// The bytes of each letter of a UTF-8 text.
std::vector<std::string> letters_of(const std::string& text) {
  std::vector<std::string> letters;
  for (char byte : text) {
    if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) letters.emplace_back();
    if (!letters.empty()) letters.back() += byte;
  }
  return letters;
}

}  // namespace

int ViewLooks::of(const DiagramBox& box) {
  DiagramBox known = box;
  known.parent = 0;
  Diagram one;
  one.boxes = {DiagramBox{.kind = DiagramBox::Kind::frame}, known};
  if (box.kind != DiagramBox::Kind::frame) one.boxes[1].beside.clear();
  const layout::SketchBox place = sketch_boxes(one, theme_, measure_).boxes[1];
  ViewJson look{{"role", static_cast<int>(role_of(box))}};
  const Size size = place.frame ? place.title : place.size;
  look["size"] = {size.width, size.height};
  if (place.frame)
    tell_frame(known, look);
  else
    tell_leaf(known, place, look);
  return number_of(std::move(look));
}

// A colour of its own holds in every theme.
void ViewLooks::tell_paint(const Paint& paint, ViewJson& look) {
  const std::string ink = hex_color(paint.text);
  look["paint"] = {
      {"fill", hex_color(paint.fill)}, {"stroke", hex_color(paint.line)}, {"ink", ink}, {"second", ink}};
}

ViewJson ViewLooks::lines_json(const std::vector<TextLine>& lines, Color text) {
  ViewJson list = ViewJson::array();
  for (const TextLine& line : lines)
    if (!line.runs.empty()) list.push_back(json(line, theme_, text, *this));
  return list;
}

void ViewLooks::tell_frame(const DiagramBox& box, ViewJson& look) {
  const Paint paint = theme_.frame(box, 0);
  std::vector<TextLine> lines{title_of(box, theme_, measure_)};
  for (TextLine& line : note_of(box, theme_, measure_)) lines.push_back(std::move(line));
  look["lines"] = lines_json(lines, paint.text);
  if (!box.fill.empty()) tell_paint(paint, look);
}

void ViewLooks::tell_leaf(const DiagramBox& box, const layout::SketchBox& place, ViewJson& look) {
  const BoxLook drawn = theme_.look(box);
  look["shape"] = static_cast<int>(drawn.shape);
  if (drawn.mark != BoxMark::none) look["mark"] = static_cast<int>(drawn.mark);
  if (!place.side_entry) look["ends"] = true;
  look["lines"] = lines_json(lines_of(box, theme_, measure_), drawn.text);
  if (!box.fill.empty()) tell_paint({drawn.fill, drawn.line, drawn.text}, look);
  if (const std::vector<TextLine> note = note_of(box, theme_, measure_); !note.empty()) {
    const Size room = size_of(note);
    look["beside"] = {{"lines", lines_json(note, drawn.text)}, {"size", {room.width, room.height}}};
  }
  if (!box.insets.empty()) tell_insets(box, drawn, look);
}

void ViewLooks::tell_insets(const DiagramBox& box, const BoxLook& drawn, ViewJson& look) {
  const Size plots = insets_size(box, theme_, measure_);
  ViewMarks marks(theme_, drawn, *this);
  draw_insets(box, {0, 0, plots.width, plots.height}, theme_, measure_, marks);
  look["plots"] = {{"size", {plots.width, plots.height}}, {"marks", marks.take()}};
}

int ViewLooks::number_of(ViewJson look) {
  const auto [at, is_new] = known_.emplace(look.dump(), static_cast<int>(looks_.size()));
  if (is_new) looks_.push_back(std::move(look));
  return at->second;
}

int ViewLooks::style(const TextStyle& style) {
  ViewJson entry{style.size, style.bold ? 1 : 0};
  const auto [at, is_new] = known_styles_.emplace(entry.dump(), static_cast<int>(styles_.size()));
  if (is_new) styles_.push_back(std::move(entry));
  return at->second;
}

void ViewLooks::add_letters(const std::string& text) {
  for (std::string& letter : letters_of(text)) letters_.insert(std::move(letter));
}

ViewJson ViewLooks::advances() const {
  constexpr double kSize = 100;
  ViewJson result = ViewJson::object();
  for (const std::string& letter : letters_) {
    const auto width = [&](bool bold) { return measure_.measure(letter, {kSize, bold}).width / kSize; };
    result[letter] = {width(false), width(true)};
  }
  return result;
}

}  // namespace orrery
