#include <algorithm>
#include <functional>
#include <map>

#include "renderers/diagram/mark_letter.h"
#include "renderers/diagram/merge_boxes.h"
#include "renderers/diagram/passes.h"
#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/core/pattern.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;
using Helps = std::function<bool(const DiagramBox&)>;

const std::map<std::string, Helps>& helpers() {
  static const std::map<std::string, Helps> known = {
      {"constants", [](const DiagramBox& box) { return box.kind == Kind::constant; }},
      {"labels", [](const DiagramBox& box) { return box.kind == Kind::label; }},
      {"losses", [](const DiagramBox& box) { return box.category == Category::loss; }},
      {"parameters", [](const DiagramBox& box) { return box.kind == Kind::parameter; }},
  };
  return known;
}

[[noreturn]] void refuse_aside(const Diagram& diagram, const std::string& pattern) {
  std::vector<std::string> names;
  for (const auto& [word, helps] : helpers()) names.push_back(word);
  for (const DiagramBox& box : diagram.boxes)
    if (box.kind != Kind::frame) names.push_back(box.path);
  throw Error(Fault::usage,
              "aside: nothing that is drawn as one box fits '" + pattern + "'" + did_you_mean(pattern, names),
              {}, "Give a path, a pattern, or one of constants, labels, losses and parameters.");
}

// Inside of a block that is shut, or one of what a block repeats.
bool is_in_box(const Graph& graph, const std::string& pattern) {
  return std::any_of(graph.nodes().begin(), graph.nodes().end(),
                     [&](const auto& node) { return fits_pattern(node->path(), pattern); });
}

std::vector<bool> chosen_helpers(const Diagram& diagram, const Graph& graph,
                                 const std::vector<std::string>& wanted) {
  std::vector<bool> aside(diagram.boxes.size());
  for (const std::string& what : wanted) {
    const auto word = helpers().find(what);
    bool found = word != helpers().end();
    for (size_t i = 1; i < aside.size(); ++i) {
      const DiagramBox& box = diagram.boxes[i];
      if (box.kind == Kind::frame || box.kind == Kind::output || box.kind == Kind::governor) continue;
      const bool fits = word != helpers().end() ? word->second(box) : fits_pattern(box.path, what);
      found = found || fits;
      aside[i] = aside[i] || fits;
    }
    if (!found && !is_in_box(graph, what)) refuse_aside(diagram, what);
  }
  return aside;
}

// Governors have the first letters.
size_t letters_given(const Diagram& diagram) {
  return static_cast<size_t>(std::count_if(
      diagram.boxes.begin(), diagram.boxes.end(),
      [](const DiagramBox& box) { return box.kind == Kind::governor && !box.governed.empty(); }));
}

/// Cuts the lines of helpers and ends them in marks beside their neighbours.
class Marking {
 public:
  Marking(Diagram& diagram, const std::vector<bool>& aside) : diagram_(diagram), aside_(aside) {
    const size_t given = letters_given(diagram);
    for (size_t i = 0; i < aside.size(); ++i) {
      if (!aside[i]) continue;
      const DiagramBox& box = diagram.boxes[i];
      place_[static_cast<int>(i)] = diagram.helpers.size();
      diagram.helpers.push_back({.letter = mark_letter(given + diagram.helpers.size()), .box = box});
    }
  }

  /// Gives the boxes that the marks stand for.
  std::vector<bool> run() {
    const size_t values = diagram_.values.size();
    for (size_t i = 0; i < values; ++i) cut(i);
    std::erase_if(diagram_.values, [&](const DiagramValue& value) { return is_aside(value.source); });
    return insert_marks();
  }

 private:
  struct Mark {
    DiagramBox box;
    int beside;  // in whose frame it stands, right before it
  };

  bool is_aside(int box) const {
    return box < static_cast<int>(aside_.size()) && aside_[static_cast<size_t>(box)];
  }

  // The mark of a helper beside a box; one, however many lines there are between them.
  int mark(int helper, int beside) {
    const auto [at, is_new] = marks_.emplace(std::pair(helper, beside), 0);
    if (!is_new) return at->second;
    at->second = static_cast<int>(diagram_.boxes.size() + made_.size());
    Helper& entry = diagram_.helpers[place_.at(helper)];
    ++entry.neighbours;
    DiagramBox box{.kind = entry.box.kind, .parent = diagram_.boxes[static_cast<size_t>(beside)].parent};
    box.path = entry.box.path;
    box.category = entry.box.category;
    box.symbol = entry.letter;
    box.structure = entry.box.structure;
    box.mark = true;
    made_.push_back({std::move(box), beside});
    return at->second;
  }

  // Copies: adding values moves those that are there.
  void cut(size_t index) {
    DiagramValue value = diagram_.values[index];
    std::vector<DiagramReader> stay;
    for (DiagramReader& reader : value.readers) {
      const bool from = is_aside(value.source), to = is_aside(reader.box);
      if (from && to) continue;
      if (from) {
        lead_from_mark(value, reader);
      } else {
        if (to) reader = {.box = mark(reader.box, value.source), .node = reader.node, .input = reader.input};
        stay.push_back(reader);
      }
    }
    diagram_.values[index].readers = std::move(stay);
  }

  // The readers of one output at one box read one value of the mark.
  void lead_from_mark(const DiagramValue& value, const DiagramReader& reader) {
    const int source = mark(value.source, reader.box);
    for (DiagramValue& other : diagram_.values)
      if (other.source == source && other.output == value.output) return other.readers.push_back(reader);
    diagram_.values.push_back({.source = source,
                               .output = value.output,
                               .node = value.node,
                               .node_output = value.node_output,
                               .readers = {reader}});
  }

  // A frame's contents follow it: each mark goes in front of its neighbour.
  std::vector<bool> insert_marks() {
    std::vector<std::vector<size_t>> before(diagram_.boxes.size());
    for (size_t i = 0; i < made_.size(); ++i) before[static_cast<size_t>(made_[i].beside)].push_back(i);
    std::vector<int> now(diagram_.boxes.size() + made_.size());
    std::vector<DiagramBox> boxes;
    for (size_t i = 0; i < diagram_.boxes.size(); ++i) {
      for (size_t mark : before[i]) {
        now[diagram_.boxes.size() + mark] = static_cast<int>(boxes.size());
        boxes.push_back(std::move(made_[mark].box));
      }
      now[i] = static_cast<int>(boxes.size());
      boxes.push_back(std::move(diagram_.boxes[i]));
    }
    diagram_.boxes = std::move(boxes);
    for (DiagramBox& box : diagram_.boxes)
      if (box.parent >= 0) box.parent = now[static_cast<size_t>(box.parent)];
    for (DiagramValue& value : diagram_.values) {
      value.source = now[static_cast<size_t>(value.source)];
      for (DiagramReader& reader : value.readers) reader.box = now[static_cast<size_t>(reader.box)];
    }
    std::vector<bool> away(diagram_.boxes.size());
    for (size_t i = 0; i < aside_.size(); ++i)
      if (aside_[i]) away[static_cast<size_t>(now[i])] = true;
    return away;
  }

  Diagram& diagram_;
  const std::vector<bool>& aside_;
  std::map<int, size_t> place_;               // of helpers in the list
  std::map<std::pair<int, int>, int> marks_;  // by helper and neighbour
  std::vector<Mark> made_;
};

}  // namespace

void put_aside(Diagram& diagram, const Graph& graph, const std::vector<std::string>& wanted) {
  const std::vector<bool> aside = chosen_helpers(diagram, graph, wanted);
  if (std::find(aside.begin(), aside.end(), true) == aside.end()) return;
  take_away(diagram, Marking(diagram, aside).run());
  for (Helper& helper : diagram.helpers) {
    if (helper.box.nodes.empty()) continue;
    const auto& outputs = graph.nodes()[static_cast<size_t>(helper.box.nodes[0])]->outputs();
    if (!outputs.empty()) helper.shape = plain_text(shape_text(outputs[0].shape));
  }
}

}  // namespace orrery
