#include <algorithm>
#include <array>
#include <climits>
#include <set>

#include "renderers/diagram/box_tree.h"
#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/step_frames.h"
#include "renderers/diagram/time_steps.h"

namespace orrery {
namespace {

using StepBoxes = std::vector<int>;  // boxes that stand directly in the frame

/// Tells which boxes of a frame belong to which step.
class Steps {
 public:
  Steps(const Diagram& diagram, const BoxTree& tree, int frame) : diagram_(diagram), tree_(tree) {
    const std::vector<int>& ticks = box(frame).ticks;
    parts_.resize(ticks.size() + 1);
    for (int child : tree.children(frame)) {
      const int first = first_node(child);
      if (first == INT_MAX) continue;  // an output of the graph
      const auto before = std::upper_bound(ticks.begin(), ticks.end(), first) - ticks.begin();
      parts_[static_cast<size_t>(before)].push_back(child);
    }
    std::erase_if(parts_, [](const StepBoxes& part) { return part.empty(); });
  }

  /// Runs of equal steps, at least two each; where there are none, one of all that there are.
  std::vector<std::vector<StepBoxes>> runs() {
    std::vector<std::vector<StepBoxes>> found;
    for (const auto& [first, last] : candidates())
      if (std::vector<StepBoxes> run = run_of(first, last); run.size() > 1) found.push_back(std::move(run));
    if (found.empty() && parts_.size() > 1) found.push_back(parts_);
    return found;
  }

 private:
  using Range = std::pair<size_t, size_t>;

  const DiagramBox& box(int index) const { return diagram_.boxes[static_cast<size_t>(index)]; }

  int first_node(int child) const {
    int first = INT_MAX;
    for (int inside : tree_.inside(child))
      for (int node : box(inside).nodes) first = std::min(first, node);
    return first;
  }

  // The longest first: what stands beside a short one may belong to a long one.
  std::vector<Range> candidates() const {
    std::vector<Range> ranges;
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (ranges.empty() || !equal(parts_[ranges.back().first], parts_[i]))
        ranges.emplace_back(i, i);
      else
        ranges.back().second = i;
    }
    std::stable_sort(ranges.begin(), ranges.end(),
                     [](const Range& a, const Range& b) { return a.second - a.first > b.second - b.first; });
    return ranges;
  }

  // With the end of the part before and the beginning of the part behind, where they are one more step.
  std::vector<StepBoxes> run_of(size_t first, size_t last) {
    std::vector<StepBoxes> run;
    for (size_t i = first; i <= last; ++i)
      if (!parts_[i].empty()) run.push_back(parts_[i]);
    if (run.empty()) return run;
    const size_t size = run[0].size();
    if (first > 0 && parts_[first - 1].size() > size) {
      StepBoxes& before = parts_[first - 1];
      const StepBoxes end(before.end() - static_cast<std::ptrdiff_t>(size), before.end());
      if (equal(end, run[0])) run.insert(run.begin(), end), before.resize(before.size() - size);
    }
    if (last + 1 < parts_.size() && parts_[last + 1].size() > size) {
      StepBoxes& behind = parts_[last + 1];
      const auto rest = behind.begin() + static_cast<std::ptrdiff_t>(size);
      const StepBoxes begin(behind.begin(), rest);
      if (equal(begin, run[0])) run.push_back(begin), behind.erase(behind.begin(), rest);
    }
    if (run.size() > 1)
      for (size_t i = first; i <= last; ++i) parts_[i].clear();
    return run;
  }

  StepBoxes all(const StepBoxes& part) const {
    StepBoxes boxes;
    for (int child : part)
      for (int inside : tree_.inside(child)) boxes.push_back(inside);
    return boxes;
  }

  // Each step may read another part of a sequence.
  static bool alike(const DiagramBox& a, const DiagramBox& b) {
    if (a.kind != b.kind || a.direction != b.direction) return false;
    if (a.kind == DiagramBox::Kind::frame || a.kind == DiagramBox::Kind::folded) return true;
    const bool part = a.category == Category::indexing || a.category == Category::shape;
    return a.structure == b.structure || (part && a.category == b.category && a.title == b.title);
  }

  std::set<std::array<int, 4>> links(const StepBoxes& boxes) const {
    std::vector<int> place(diagram_.boxes.size(), -1);
    for (size_t i = 0; i < boxes.size(); ++i) place[static_cast<size_t>(boxes[i])] = static_cast<int>(i);
    std::set<std::array<int, 4>> found;
    for (const DiagramValue& value : diagram_.values)
      for (const DiagramReader& reader : value.readers) {
        const int from = place[static_cast<size_t>(value.source)],
                  to = place[static_cast<size_t>(reader.box)];
        if (from >= 0 && to >= 0) found.insert({from, value.output, to, reader.port});
      }
    return found;
  }

  bool equal(const StepBoxes& one, const StepBoxes& other) const {
    const StepBoxes a = all(one), b = all(other);
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i)
      if (!alike(box(a[i]), box(b[i]))) return false;
    return links(a) == links(b);
  }

  const Diagram& diagram_;
  const BoxTree& tree_;
  std::vector<StepBoxes> parts_;
};

// `shared ×5` where all steps have the same weights, `×5` where each has its own.
std::string weights_of(const Diagram& diagram, const BoxTree& tree, const std::vector<StepBoxes>& run) {
  std::vector<std::vector<int>> layers;
  for (const StepBoxes& step : run) {
    layers.emplace_back();
    for (int child : step)
      for (int inside : tree.inside(child)) {
        const auto& own = diagram.boxes[static_cast<size_t>(inside)].layers;
        layers.back().insert(layers.back().end(), own.begin(), own.end());
      }
  }
  const bool shared = !layers[0].empty() && std::all_of(layers.begin(), layers.end(),
                                                        [&](const auto& some) { return some == layers[0]; });
  return (shared ? "shared ×" : "×") + std::to_string(run.size());
}

// What stands above all steps need not stand on each box.
void drop_notes_of_sharing(Diagram& diagram, const BoxTree& tree, const std::vector<StepBoxes>& run) {
  for (const StepBoxes& step : run)
    for (int child : step)
      for (int inside : tree.inside(child)) {
        std::string& note = diagram.boxes[static_cast<size_t>(inside)].note;
        if (note.starts_with("shares ")) note.clear();
      }
}

// What a recurrent layer calls what it hands on; else the word of the script.
std::string name_of(const Diagram& diagram, const DiagramValue& value, const Graph& graph) {
  if (!value.tag.empty()) return value.tag;
  if (value.node < 0) return {};
  const Node& node = *graph.nodes()[static_cast<size_t>(value.node)];
  if (node.descriptor() && node.descriptor()->category == Category::recurrent && node.layer())
    return node.output_name(value.node_output).substr(0, 1) == "c" ? "c" : "h";
  int outside = diagram.boxes[static_cast<size_t>(value.source)].parent;
  while (outside > 0 && diagram.boxes[static_cast<size_t>(outside)].time == DiagramBox::Time::none)
    outside = diagram.boxes[static_cast<size_t>(outside)].parent;
  const Block* block = &node.block();
  std::string word = node.origin().label;
  // The call of a block says what the script calls its result.
  for (; block && block->parent(); block = block->parent()) {
    const std::string frame = outside > 0 ? diagram.boxes[static_cast<size_t>(outside)].path : std::string();
    if (block->path() == frame) break;
    if (!block->origin().label.empty() && block->ports().out.size() < 2) word = block->origin().label;
  }
  return plain_text(word, 16);
}

void mark_later(Diagram& diagram, const Graph& graph) {
  std::vector<int> step(diagram.boxes.size(), -1);
  for (size_t i = 1; i < step.size(); ++i) {
    const DiagramBox& box = diagram.boxes[i];
    step[i] =
        box.time == DiagramBox::Time::step ? static_cast<int>(i) : step[static_cast<size_t>(box.parent)];
  }
  const auto line = [&](int frame) { return diagram.boxes[static_cast<size_t>(frame)].parent; };
  for (DiagramValue& value : diagram.values)
    for (DiagramReader& reader : value.readers) {
      const int from = step[static_cast<size_t>(value.source)], to = step[static_cast<size_t>(reader.box)];
      if (from < 0 || to < 0 || from == to || line(from) != line(to)) continue;
      reader.later = true;
      reader.carried = name_of(diagram, value, graph);
    }
}

}  // namespace

void frame_steps(Diagram& diagram, const Graph& graph) {
  BoxTree tree(diagram);
  for (int frame = 0, count = static_cast<int>(diagram.boxes.size()); frame < count; ++frame) {
    const DiagramBox around = diagram.boxes[static_cast<size_t>(frame)];
    if (around.kind != DiagramBox::Kind::frame || around.ticks.empty()) continue;
    for (const auto& run : Steps(diagram, tree, frame).runs()) {
      DiagramBox framed = line_frame("steps " + weights_of(diagram, tree, run));
      framed.path = around.path;
      if (framed.title.find("shared") != std::string::npos) drop_notes_of_sharing(diagram, tree, run);
      const int line = tree.add(framed, frame, run[0][0]);
      for (size_t k = 0; k < run.size(); ++k) {
        DiagramBox own = step_frame(std::to_string(k + 1));
        own.path = around.path;
        const int step = tree.add(std::move(own), line);
        for (int child : run[k]) tree.move(child, step);
      }
    }
  }
  tree.finish();
  mark_later(diagram, graph);
}

}  // namespace orrery
