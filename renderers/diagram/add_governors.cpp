#include <algorithm>

#include "renderers/diagram/drawn_governors.h"
#include "renderers/diagram/mark_letter.h"
#include "renderers/diagram/passes.h"
#include "renderers/diagram/plain_text.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;

void lead_to(Diagram& diagram, const Value& value, int box, int port) {
  for (DiagramValue& known : diagram.values)
    if (known.node == value.node->id() && known.node_output == value.output)
      known.readers.push_back({.box = box, .port = port});
}

// Of the input each field is a box of its own.
std::set<const Parameter*> tensors_of(const DiagramBox& box, const Graph& graph) {
  std::set<const Parameter*> tensors;
  for (int id : box.nodes) {
    Node& node = *graph.nodes()[static_cast<size_t>(id)];
    const bool field = box.kind == Kind::input || box.kind == Kind::label;
    for (int output = 0; output < static_cast<int>(node.outputs().size()); ++output)
      if (!field || plain_text(node.output_name(output)) == box.title)
        tensors.insert(Value{&node, output}.leaf().get());
    if (node.layer())
      for (const ParameterPtr& parameter : node.layer()->parameters()) tensors.insert(parameter.get());
  }
  tensors.erase(nullptr);
  return tensors;
}

/// How many tensors a box holds that a governor could be about, and how many it is about.
struct Share {
  size_t own = 0, of = 0;
};

// Of frames the sum of what is inside.
std::vector<Share> shares_of(const Diagram& diagram, const Graph& graph, const DrawnGovernor& governor) {
  std::vector<Share> shares(diagram.boxes.size());
  for (size_t i = shares.size(); i-- > 0;) {
    const DiagramBox& box = diagram.boxes[i];
    if (box.kind != Kind::frame)
      for (const Parameter* tensor : tensors_of(box, graph)) {
        const bool own = governor.tensors.contains(tensor);
        shares[i].own += own;
        shares[i].of += own || governor.all.contains(tensor);
      }
    if (box.parent < 0) continue;
    Share& around = shares[static_cast<size_t>(box.parent)];
    around = {around.own + shares[i].own, around.of + shares[i].of};
  }
  return shares;
}

// An open block bears the mark where all that is inside of it does.
bool is_governed(const DiagramBox& box, const Share& share) {
  return share.own > 0 && (box.kind != Kind::frame || share.own == share.of);
}

}  // namespace

void add_governors(Diagram& diagram, const Graph& graph) {
  const std::vector<DrawnGovernor> governors = drawn_governors(graph);
  if (governors.empty())
    throw Error(
        Fault::usage, "governors: this graph has no optimizer and no saver", {},
        "Draw a script that makes a manager, or an optimizer with its loss: saved models keep neither.");
  for (const DrawnGovernor& governor : governors) {
    DiagramBox box{.kind = Kind::governor, .parent = 0, .path = governor.path};
    box.title = governor.title;
    box.detail = governor.detail;
    box.after = governor.schedules;
    diagram.boxes.push_back(std::move(box));
    const int index = static_cast<int>(diagram.boxes.size()) - 1;
    for (size_t i = 0; i < governor.reads.size(); ++i)
      lead_to(diagram, governor.reads[i], index, static_cast<int>(i));
  }
}

void mark_governed(Diagram& diagram, const Graph& graph) {
  size_t letters = 0;
  for (const DrawnGovernor& governor : drawn_governors(graph)) {
    const auto box = std::find_if(diagram.boxes.begin(), diagram.boxes.end(), [&](const DiagramBox& one) {
      return one.kind == Kind::governor && one.path == governor.path;
    });
    const std::vector<Share> shares = shares_of(diagram, graph, governor);
    if (box == diagram.boxes.end() || shares[0].own == 0 || shares[0].own == shares[0].of) continue;
    const std::string letter = mark_letter(letters++);
    for (size_t i = 0; i < shares.size(); ++i)
      if (is_governed(diagram.boxes[i], shares[i])) diagram.boxes[i].governed.push_back(letter);
    box->governed.push_back(letter);
  }
}

void drop_inner_marks(Diagram& diagram) {
  for (size_t i = diagram.boxes.size(); i-- > 1;) {
    DiagramBox& box = diagram.boxes[i];
    const std::vector<std::string>& around = diagram.boxes[static_cast<size_t>(box.parent)].governed;
    std::erase_if(box.governed, [&](const std::string& letter) {
      return std::find(around.begin(), around.end(), letter) != around.end();
    });
  }
}

}  // namespace orrery
