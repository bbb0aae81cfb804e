#include <algorithm>
#include <map>

#include "renderers/diagram/passes.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;

/// Gives words tones in the order in which they come.
class Tones {
 public:
  explicit Tones(Diagram& diagram) : diagram_(diagram) {}

  void give(DiagramBox& box, const std::string& text) {
    const auto [at, is_new] = tones_.emplace(text, static_cast<int>(tones_.size()));
    if (is_new) diagram_.tones.push_back(text);
    box.tone = at->second;
  }

 private:
  Diagram& diagram_;
  std::map<std::string, int> tones_;
};

const Node& first_node(const DiagramBox& box, const Graph& graph) {
  return *graph.nodes()[static_cast<size_t>(box.nodes.front())];
}

bool is_block(const DiagramBox& box) {
  return box.parent >= 0 && box.time == DiagramBox::Time::none &&
         (box.kind == Kind::frame || box.kind == Kind::folded);
}

void colour_structures(Diagram& diagram) {
  std::map<int, size_t> count;
  for (const DiagramBox& box : diagram.boxes)
    if (is_block(box)) count[box.structure] += std::max<size_t>(box.members.size(), 1);
  std::map<int, std::string> name;  // of the first block of each structure
  Tones tones(diagram);
  for (DiagramBox& box : diagram.boxes) {
    if (!is_block(box) || count[box.structure] < 2) continue;
    const std::string first = box.members.empty() ? box.path : box.members.front();
    tones.give(box, name.emplace(box.structure, first).first->second);
  }
  if (name.empty()) diagram.no_tones = "no two blocks here are alike";
  for (const auto& [structure, text] : name)
    for (std::string& tone : diagram.tones)
      if (tone == text) tone += " and " + std::to_string(count[structure] - 1) + " alike";
}

std::string device_of(const Block* block) {
  for (; block; block = block->parent())
    if (!block->device().empty()) return block->device();
  return "the run's device";
}

// Blocks are shown by the device of all that they hold; where that differs, they are shown as many.
std::string device_of(const DiagramBox& box, const Graph& graph) {
  std::string device;
  for (int id : box.nodes) {
    const std::string other = device_of(&graph.nodes()[static_cast<size_t>(id)]->block());
    if (!device.empty() && other != device) return "several";
    device = other;
  }
  return device;
}

void colour_devices(Diagram& diagram, const Graph& graph) {
  Tones tones(diagram);
  for (DiagramBox& box : diagram.boxes)
    if (!box.nodes.empty()) tones.give(box, device_of(box, graph));
}

void colour_dtypes(Diagram& diagram, const Graph& graph) {
  Tones tones(diagram);
  std::map<int, std::string> made;  // by box: of the first value that leaves it
  for (const DiagramValue& value : diagram.values) {
    if (value.node < 0) continue;
    const Node& node = *graph.nodes()[static_cast<size_t>(value.node)];
    made.emplace(value.source, name(node.outputs()[static_cast<size_t>(value.node_output)].dtype));
  }
  for (size_t i = 0; i < diagram.boxes.size(); ++i) {
    DiagramBox& box = diagram.boxes[i];
    if (const auto at = made.find(static_cast<int>(i)); at != made.end())
      tones.give(box, at->second);
    else if (!box.nodes.empty() && !first_node(box, graph).outputs().empty())
      tones.give(box, std::string(name(first_node(box, graph).outputs()[0].dtype)));
  }
}

}  // namespace

void colour(Diagram& diagram, const Graph& graph, ColourBy by) {
  if (by == ColourBy::kind) return;
  for (DiagramBox& box : diagram.boxes) box.tone = DiagramBox::kNeutral;
  if (by == ColourBy::structure) colour_structures(diagram);
  if (by == ColourBy::device) colour_devices(diagram, graph);
  if (by == ColourBy::dtype) colour_dtypes(diagram, graph);
}

}  // namespace orrery
