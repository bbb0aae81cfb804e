#include <algorithm>

#include "renderers/html/view_model.h"
#include "renderers/styles/box.h"
#include "renderers/styles/box_lines.h"

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
  Diagram one;
  one.boxes = {DiagramBox{.kind = DiagramBox::Kind::frame}, box};
  one.boxes[1].parent = 0;
  const layout::SketchBox place = sketch_boxes(one, theme_, measure_).boxes[1];
  ViewJson look{{"role", static_cast<int>(role_of(box))}};
  ViewJson lines = ViewJson::array();
  if (place.frame) {
    const TextLine title = title_of(one.boxes[1], theme_, measure_);
    if (!title.runs.empty()) lines.push_back(json(title, theme_, theme_.frame(one.boxes[1], 0).text, *this));
    look["size"] = {place.title.width, place.title.height};
  } else {
    const BoxLook drawn = theme_.look(box);
    look["shape"] = static_cast<int>(drawn.shape);
    if (drawn.mark != BoxMark::none) look["mark"] = static_cast<int>(drawn.mark);
    if (!place.side_entry) look["ends"] = true;
    look["size"] = {place.size.width, place.size.height};
    for (const TextLine& line : lines_of(box, theme_, measure_))
      lines.push_back(json(line, theme_, drawn.text, *this));
  }
  look["lines"] = lines;
  return number_of(std::move(look));
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
