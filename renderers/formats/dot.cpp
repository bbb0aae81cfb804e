#include "renderers/formats/dot.h"

#include <fmt/format.h>

#include "renderers/diagram/plain_text.h"
#include "renderers/formats/box_words.h"
#include "renderers/formats/hex_color.h"

namespace orrery {
namespace {

// Inside quotes a backslash begins an escape, and an ampersand an entity, which Graphviz resolves even there.
std::string escaped(const std::string& text) {
  std::string result;
  for (char c : text) {
    if (c == '&') {
      result += "&amp;";
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string quoted(const std::string& text) { return '"' + escaped(text) + '"'; }

std::string quoted_lines(const std::vector<std::string>& lines) {
  std::string result = "\"";
  for (size_t i = 0; i < lines.size(); ++i) result += (i ? "\\n" : "") + escaped(lines[i]);
  return result + '"';
}

const char* rank_direction(Direction direction) {
  static constexpr const char* kNames[] = {"TB", "LR", "BT", "RL"};
  return kNames[static_cast<int>(direction)];
}

std::string shape_of(const BoxLook& look) {
  const char* dashed = look.dashes.empty() ? "" : ",dashed";
  switch (look.shape) {
    case BoxShape::circle:
      return fmt::format("shape=circle, style=\"filled{}\", width=0.3, fixedsize=true", dashed);
    case BoxShape::funnel: return fmt::format("shape=invtrapezium, style=\"filled{}\", margin=0", dashed);
    case BoxShape::square: return fmt::format("shape=box, style=\"filled{}\"", dashed);
    case BoxShape::twofold: return "shape=box, style=\"filled,rounded\", peripheries=2";
    default: return fmt::format("shape=box, style=\"filled,rounded{}\"", dashed);
  }
}

class DotWriter {
 public:
  DotWriter(const Diagram& diagram, const Theme& theme) : diagram_(diagram), theme_(theme) {}

  std::string write() {
    begin();
    walk(
        diagram_, [&](int box, int depth) { enter(box, depth); }, [&](int, int depth) { line(depth, "}"); });
    for (const DiagramValue& value : diagram_.values) edges(value);
    return text_ + "}\n";
  }

 private:
  void line(int depth, const std::string& text) {
    text_.append(static_cast<size_t>(depth) * 2 + 2, ' ').append(text).append("\n");
  }

  void begin() {
    text_ = "digraph " + quoted(diagram_.title) + " {\n";
    line(0, fmt::format("graph [rankdir={}, charset=\"UTF-8\", fontname=\"DejaVu Sans\", fontsize=9, "
                        "nodesep=0.2, ranksep=0.25];",
                        rank_direction(diagram_.boxes[0].direction)));
    line(0, "node [fontname=\"DejaVu Sans\", fontsize=9, height=0.25, margin=\"0.1,0.05\"];");
    line(0, fmt::format("edge [fontname=\"DejaVu Sans\", fontsize=8, fontcolor=\"{}\", color=\"{}\", "
                        "arrowsize=0.6];",
                        hex_color(theme_.quiet), hex_color(theme_.line)));
  }

  void enter(int index, int depth) {
    const DiagramBox& box = diagram_.boxes[static_cast<size_t>(index)];
    const Color* mark = !box.errors.empty()     ? &theme_.error
                        : !box.warnings.empty() ? &theme_.warning
                                                : nullptr;
    if (box.kind == DiagramBox::Kind::frame) {
      const Color fill = depth % 2 ? theme_.odd_frame : theme_.even_frame;
      line(depth, fmt::format("subgraph cluster_{} {{", index));
      line(depth + 1, fmt::format("label={}; labeljust=l; style=\"filled,rounded\"; fillcolor=\"{}\"; "
                                  "color=\"{}\";",
                                  quoted_lines(words_of(box, theme_)), hex_color(fill),
                                  hex_color(mark ? *mark : theme_.frame_line)));
      return;
    }
    const BoxLook look = theme_.look(box);
    line(depth, fmt::format("b{} [label={}, {}, fillcolor=\"{}\", color=\"{}\", fontcolor=\"{}\", "
                            "penwidth={:g}, tooltip={}];",
                            index, quoted_lines(words_of(box, theme_)), shape_of(look), hex_color(look.fill),
                            hex_color(mark ? *mark : look.line), hex_color(look.text),
                            mark ? 1.8 : look.line_width, quoted(plain_text(box.path, 200))));
  }

  void edges(const DiagramValue& value) {
    for (size_t i = 0; i < value.readers.size(); ++i) {
      const DiagramReader& reader = value.readers[i];
      std::string attributes;
      const auto add = [&](const std::string& text) {
        attributes += (attributes.empty() ? "" : ", ") + text;
      };
      if (i == 0 && !value.label.empty()) add("label=" + quoted(" " + value.label));
      if (const std::string words = operand_number(reader, diagram_, theme_); !words.empty())
        add("headlabel=" + quoted(words));
      if (reader.later)
        add(fmt::format("style=bold, constraint=false, color=\"{}\", xlabel={}",
                        hex_color(theme_.look_of(BoxRole::linear).line), quoted(reader.carried)));
      if (reader.change != GraphDiff::Kind::same || value.weight) {
        const Stroke stroke = theme_.line_of(value, reader.change);
        add(fmt::format("color=\"{}\", penwidth={:.3g}{}", hex_color(stroke.color), stroke.width,
                        stroke.dashes.empty() ? "" : ", style=dashed"));
      }
      if (reader.faulty) add(fmt::format("color=\"{}\", penwidth=1.8", hex_color(theme_.error)));
      line(0, fmt::format("b{} -> b{}{};", value.source, reader.box,
                          attributes.empty() ? "" : " [" + attributes + "]"));
    }
  }

  const Diagram& diagram_;
  const Theme& theme_;
  std::string text_;
};

}  // namespace

std::string dot_text(const Diagram& diagram, const Theme& theme) { return DotWriter(diagram, theme).write(); }

}  // namespace orrery
