#include "renderers/formats/text_outline.h"

#include <algorithm>

#include "renderers/diagram/plain_text.h"
#include "renderers/formats/ascii_text.h"
#include "renderers/formats/box_words.h"
#include "renderers/formats/letters.h"

namespace orrery {
namespace {

class Outliner {
 public:
  Outliner(const Diagram& diagram, const Theme& theme, const TextSketchOptions& options)
      : diagram_(diagram),
        theme_(theme),
        options_(options),
        sources_(diagram.boxes.size()),
        shapes_(diagram.boxes.size()) {
    for (const DiagramValue& value : diagram.values) {
      for (const DiagramReader& reader : value.readers)
        sources_[static_cast<size_t>(reader.box)].emplace_back(reader.port, value.source);
      std::string& shapes = shapes_[static_cast<size_t>(value.source)];
      if (!value.label.empty()) shapes += (shapes.empty() ? "" : ", ") + value.label;
    }
    for (auto& sources : sources_) std::sort(sources.begin(), sources.end());
  }

  std::string write() {
    row(diagram_.title);
    walk(
        diagram_, [&](int box, int depth) { enter(box, depth); }, [](int, int) {});
    return std::move(text_);
  }

 private:
  void row(const std::string& text) {
    text_ += text_that_fits(text, options_.columns, options_.ascii) + "\n";
  }

  // A nest too deep to be indented tells its depth instead.
  std::string indent(int depth) const {
    const int most = std::max(1, options_.columns / 6);
    if (depth <= most) return std::string(static_cast<size_t>(depth) * 2, ' ');
    const std::string number = "[" + std::to_string(depth) + "] ";
    return std::string(std::max(0, most * 2 - static_cast<int>(number.size())), ' ') + number;
  }

  void enter(int index, int depth) {
    const DiagramBox& box = diagram_.boxes[static_cast<size_t>(index)];
    std::string text = indent(depth);
    if (box.kind == DiagramBox::Kind::frame) {
      const auto words = words_of(box, theme_);
      return row(text + (words.empty() ? "block" : words[0]) + "/");
    }
    text += words_with_name(index);
    if (const std::string& shapes = shapes_[static_cast<size_t>(index)]; !shapes.empty())
      text += "  → " + shapes;
    row(text + sources_of(index));
    last_ = index;
  }

  // What stands on the box, and before it the name that others call it by where that is not to be read there.
  std::string words_with_name(int index) const {
    std::string text;
    for (const std::string& line : words_of(diagram_.boxes[static_cast<size_t>(index)], theme_))
      text += (text.empty() ? "" : "  ") + line;
    const std::string name = name_of(index);
    return letters(text).find(letters(name)) == std::string::npos ? name + "  " + text : text;
  }

  // `max_pool2d` is to be read in `MaxPool2d`.
  static std::string letters(const std::string& text) {
    std::string result;
    for (char c : text)
      if (c != '_') result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return result;
  }

  static bool is_end(const DiagramBox& box) {
    using Kind = DiagramBox::Kind;
    return box.kind == Kind::input || box.kind == Kind::label || box.kind == Kind::output ||
           box.kind == Kind::governor;
  }

  // By which other rows call a box of their block.
  std::string name_of(int index) const {
    const DiagramBox& box = diagram_.boxes[static_cast<size_t>(index)];
    if (is_end(box)) return box.title;
    return plain_text(box.path.substr(box.path.rfind('/') + 1));
  }

  std::string sources_of(int index) const {
    const auto& sources = sources_[static_cast<size_t>(index)];
    if (sources.empty() || (sources.size() == 1 && sources[0].second == last_)) return {};
    const int parent = diagram_.boxes[static_cast<size_t>(index)].parent;
    const std::string here = diagram_.boxes[static_cast<size_t>(parent)].path + "/";
    std::string text;
    for (const auto& [port, source] : sources) {
      const DiagramBox& from = diagram_.boxes[static_cast<size_t>(source)];
      std::string name = plain_text(from.path, 200);
      if (from.parent == parent || name.empty() || is_end(from))
        name = name_of(source);
      else if (name.starts_with(here))
        name = name.substr(here.size());
      text += (text.empty() ? "  ← " : ", ") + name;
    }
    return text;
  }

  const Diagram& diagram_;
  const Theme& theme_;
  const TextSketchOptions& options_;
  std::vector<std::vector<std::pair<int, int>>> sources_;  // by box: port and source
  std::vector<std::string> shapes_;                        // by box
  std::string text_;
  int last_ = -1;
};

}  // namespace

std::string text_outline(const Diagram& diagram, const Theme& theme, const TextSketchOptions& options) {
  return Outliner(diagram, theme, options).write();
}

}  // namespace orrery
