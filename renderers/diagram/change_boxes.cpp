#include "renderers/diagram/note_lines.h"
#include "renderers/diagram/passes.h"
#include "renderers/diagram/plain_text.h"

namespace orrery {
namespace {

constexpr size_t kLongestLabel = 60;

std::string repeated(const DiagramBox& box) {
  if (box.repeat < 2) return {};
  return (box.shared ? " shared ×" : " ×") + std::to_string(box.repeat);
}

// A field of the input keeps its name: the path is that of all of them.
void change_texts(DiagramBox& box, const BoxChange& change) {
  if (box.kind == DiagramBox::Kind::input || box.kind == DiagramBox::Kind::label) return;
  if (change.title) {
    box.title = plain_text(*change.title, kLongestLabel) + repeated(box);
    box.note.clear();
    box.symbol.clear();
  }
  if (change.detail) box.detail = plain_text(*change.detail, kLongestLabel);
}

void put_inside(DiagramBox& box, std::vector<Inset> insets) {
  for (Inset& inset : insets) {
    for (std::string* text : {&inset.title, &inset.left, &inset.right}) *text = plain_text(*text);
    box.insets.push_back(std::move(inset));
  }
  if (!box.insets.empty()) box.symbol.clear();  // a circle has no room
}

}  // namespace

void change_boxes(Diagram& diagram, const std::map<std::string, BoxChange>& changes) {
  for (DiagramBox& box : diagram.boxes) {
    const auto found = changes.find(box.path);
    if (found == changes.end() || box.parent < 0) continue;
    if (box.kind == DiagramBox::Kind::output || box.kind == DiagramBox::Kind::governor) continue;
    const BoxChange& change = found->second;
    change_texts(box, change);
    for (std::string& line : note_lines(change.note)) box.beside.push_back(std::move(line));
    if (!change.fill.empty()) box.fill = change.fill;
    if (box.kind != DiagramBox::Kind::frame) put_inside(box, change.insets);
  }
}

}  // namespace orrery
