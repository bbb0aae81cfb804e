#include <algorithm>
#include <set>

#include "renderers/diagram/box_text.h"
#include "renderers/diagram/passes.h"
#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"

namespace orrery {
namespace {

// A value of the shape that its box was given first needs no words.
bool changes_shape(const DiagramBox& box, const Nodes& all, const Shape& shape) {
  if (box.kind == DiagramBox::Kind::folded) return true;
  const std::set<int> inside(box.nodes.begin(), box.nodes.end());
  for (int id : inside)
    for (const Value& input : all[static_cast<size_t>(id)]->inputs())
      if (input && !inside.contains(input.node->id())) return input.shape() != shape;
  return true;
}

void write_shape(DiagramValue& value, const DiagramBox& box, const Nodes& all,
                 const DiagramOptions& options) {
  const bool marked = !value.label.empty();  // a finding is about it
  value.label = value.tag;
  if (value.node < 0) return;
  const Node& node = *all[static_cast<size_t>(value.node)];
  const Shape& shape = node.outputs()[static_cast<size_t>(value.node_output)].shape;
  if (marked || options.all_shapes || (options.shapes && changes_shape(box, all, shape)))
    value.label += (value.label.empty() ? "" : " ") + plain_text(shape_text(shape));
  if (options.dtypes)
    value.label += (value.label.empty() ? "" : " ") +
                   std::string(name(node.outputs()[static_cast<size_t>(value.node_output)].dtype));
}

// How many copies of its weights a box stands for: those of each member follow each other.
size_t copies(const DiagramBox& box) {
  const size_t members = std::max<size_t>(box.members.size(), 1);
  const auto first_end = box.layers.begin() + static_cast<std::ptrdiff_t>(box.layers.size() / members);
  const std::set<int> all(box.layers.begin(), box.layers.end()), first(box.layers.begin(), first_end);
  return all.size() == members * first.size() ? members : 1;
}

std::string cost_of(const DiagramBox& box, const Nodes& all) {
  std::vector<Node*> nodes;
  const size_t repeats = copies(box);
  for (size_t i = 0; i < box.nodes.size() / repeats; ++i)
    nodes.push_back(all[static_cast<size_t>(box.nodes[i])]);
  const std::string one = BoxTexts::cost(nodes);
  return one.empty() || repeats == 1 ? one : std::to_string(repeats) + " × " + one;
}

void count_operations(DiagramBox& box) {
  if (box.kind == DiagramBox::Kind::folded && box.members.size() > 1)
    box.detail = std::to_string(box.members.size()) + " × " + box.detail;
}

}  // namespace

Nodes nodes_of(const Graph& graph) {
  Nodes nodes;
  for (const auto& node : graph.nodes()) nodes.push_back(node.get());
  return nodes;
}

void write_labels(Diagram& diagram, const Nodes& all, const DiagramOptions& options) {
  for (DiagramValue& value : diagram.values)
    write_shape(value, diagram.boxes[static_cast<size_t>(value.source)], all, options);
  for (DiagramBox& box : diagram.boxes) {
    count_operations(box);
    if (!options.names) box.note.clear();
    if (options.parameters && (box.kind == DiagramBox::Kind::folded || !box.layers.empty()))
      box.cost = cost_of(box, all);
  }
}

void drop_unread(Diagram& diagram) {
  std::erase_if(diagram.values, [](const DiagramValue& value) { return value.readers.empty(); });
}

}  // namespace orrery
