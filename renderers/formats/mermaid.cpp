#include "renderers/formats/mermaid.h"

#include <fmt/format.h>

#include "renderers/formats/box_words.h"
#include "renderers/formats/hex_color.h"

namespace orrery {
namespace {

constexpr size_t kMostEdges = 500, kMostCharacters = 50000;  // of a diagram that GitHub draws

bool is_plain(unsigned char c) {
  return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == ' ' || c == ',' || c == '(' || c == ')';
}

std::string escaped(const std::string& text) {
  std::string result;
  for (char c : text)
    if (is_plain(static_cast<unsigned char>(c)))
      result += c;
    else
      result += fmt::format("#{};", static_cast<int>(c));
  return result;
}

std::string quoted_lines(const std::vector<std::string>& lines) {
  std::string result = "\"";
  for (size_t i = 0; i < lines.size(); ++i) result += (i ? "<br/>" : "") + escaped(lines[i]);
  return result + (lines.empty() ? " \"" : "\"");
}

const char* flow_direction(Direction direction) {
  static constexpr const char* kNames[] = {"TB", "LR", "BT", "RL"};
  return kNames[static_cast<int>(direction)];
}

struct Brackets {
  const char *open, *close;
};

Brackets brackets_of(BoxShape shape) {
  switch (shape) {
    case BoxShape::circle: return {"((", "))"};
    case BoxShape::funnel: return {"[\\", "/]"};
    case BoxShape::square: return {"[", "]"};
    case BoxShape::pill: return {"([", "])"};
    case BoxShape::twofold: return {"[[", "]]"};
    default: return {"(", ")"};
  }
}

class MermaidWriter {
 public:
  MermaidWriter(const Diagram& diagram, const Theme& theme) : diagram_(diagram), theme_(theme) {}

  std::string write() {
    line(0, fmt::format("flowchart {}", flow_direction(diagram_.boxes[0].direction)));
    walk(
        diagram_, [&](int box, int depth) { enter(box, depth + 1); },
        [&](int, int depth) { line(depth + 1, "end"); });
    for (const DiagramValue& value : diagram_.values) edges(value);
    for (size_t faulty : faulty_edges_)
      line(1, fmt::format("linkStyle {} stroke:{},stroke-width:3px", faulty, hex_color(theme_.error)));
    return front() + text_;
  }

 private:
  // A title in quotes is a string of YAML whatever it holds.
  std::string front() const {
    std::string title;
    for (char c : diagram_.title) title += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    std::string text = fmt::format("---\ntitle: \"{}\"\n---\n", title);
    if (edge_count_ > kMostEdges || text_.size() > kMostCharacters)
      text += fmt::format("%% {} edges and {} characters: GitHub draws at most {} and {}; fold blocks.\n",
                          edge_count_, text_.size(), kMostEdges, kMostCharacters);
    return text;
  }

  void line(int depth, const std::string& text) {
    text_.append(static_cast<size_t>(depth) * 2, ' ').append(text).append("\n");
  }

  void enter(int index, int depth) {
    const DiagramBox& box = diagram_.boxes[static_cast<size_t>(index)];
    const std::string words = quoted_lines(words_of(box, theme_));
    if (box.kind == DiagramBox::Kind::frame) {
      line(depth, fmt::format("subgraph b{}[{}]", index, words));
      line(depth + 1, fmt::format("direction {}", flow_direction(box.direction)));
      return;
    }
    const BoxLook look = theme_.look(box);
    const Brackets brackets = brackets_of(look.shape);
    line(depth, fmt::format("b{}{}{}{}", index, brackets.open, words, brackets.close));
    line(depth, fmt::format("style b{} {}", index, style_of(box, look)));
  }

  std::string style_of(const DiagramBox& box, const BoxLook& look) const {
    const Color* mark = !box.errors.empty()     ? &theme_.error
                        : !box.warnings.empty() ? &theme_.warning
                                                : nullptr;
    std::string style = fmt::format("fill:{},stroke:{},color:{}", hex_color(look.fill),
                                    hex_color(mark ? *mark : look.line), hex_color(look.text));
    if (mark) style += ",stroke-width:3px";
    if (!look.dashes.empty()) style += ",stroke-dasharray:4 3";
    return style;
  }

  void edges(const DiagramValue& value) {
    for (size_t i = 0; i < value.readers.size(); ++i) {
      const DiagramReader& reader = value.readers[i];
      std::string words = i == 0 ? value.label : "";
      if (const std::string end = operand_number(reader, diagram_, theme_); !end.empty())
        words += (words.empty() ? "" : " · ") + end;
      if (reader.later && !reader.carried.empty()) words += (words.empty() ? "" : " · ") + reader.carried;
      const std::string label = words.empty() ? "" : "|\"" + escaped(words) + "\"|";
      // A later step reads it: dotted.
      line(1, fmt::format("b{} {}{} b{}", value.source, reader.later ? "-.->" : "-->", label, reader.box));
      if (reader.faulty) faulty_edges_.push_back(edge_count_);
      ++edge_count_;
    }
  }

  const Diagram& diagram_;
  const Theme& theme_;
  std::string text_;
  size_t edge_count_ = 0;
  std::vector<size_t> faulty_edges_;
};

}  // namespace

std::string mermaid_text(const Diagram& diagram, const Theme& theme) {
  return MermaidWriter(diagram, theme).write();
}

}  // namespace orrery
