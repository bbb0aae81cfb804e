#include <map>
#include <set>
#include <unordered_map>

#include "renderers/diagram/box_text.h"
#include "renderers/diagram/diagram.h"
#include "renderers/diagram/mark_findings.h"
#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/graph/loops.h"

namespace orrery {
namespace {

/// The box in which each output of each node is made, and which reads for it.
class Builder {
 public:
  Builder(const Graph& graph, const DiagramOptions& options)
      : graph_(graph), options_(options), texts_(graph) {
    diagram_.title = plain_text(graph.name());
  }

  Diagram build() {
    find_first_nodes();
    add_blocks();
    add_outputs();
    for (const auto& node : graph_.nodes()) add_readers(*node);
    for (const Use& use : output_uses_) add_output_reader(use);
    std::erase_if(diagram_.values, [](const DiagramValue& value) { return value.readers.empty(); });
    return std::move(diagram_);
  }

 private:
  struct Member {
    int first_node;
    const Block* block;  // null for a node
    Node* node;
    bool operator<(const Member& other) const { return first_node < other.first_node; }
  };

  void find_first_nodes() {
    for (const auto& node : graph_.nodes())
      for (const Block* block = &node->block(); block && !first_node_.contains(block);
           block = block->parent())
        first_node_.emplace(block, node->id());
  }

  std::vector<Member> members(const Block& block) const {
    std::vector<Member> result;
    for (const auto& child : block.children())
      if (const auto at = first_node_.find(child.get()); at != first_node_.end())
        result.push_back({at->second, child.get(), nullptr});
    for (Node* node : block.nodes()) result.push_back({node->id(), nullptr, node});
    std::sort(result.begin(), result.end());
    return result;
  }

  // Depth first with a stack of its own: blocks may nest deeper than the program's stack.
  void add_blocks() {
    struct Open {
      std::vector<Member> members;
      size_t next;
      int frame;
    };
    std::vector<Open> stack;
    const auto open = [&](const Block& block, int parent) {
      stack.push_back({members(block), 0, add_frame(block, parent)});
    };
    open(graph_.root(), -1);
    while (!stack.empty()) {
      Open& top = stack.back();
      if (top.next == top.members.size()) {
        stack.pop_back();
        continue;
      }
      const Member member = top.members[top.next++];
      const int frame = top.frame;
      const bool folds = member.block && (member.block->cue().collapse ||
                                          static_cast<int>(stack.size()) - 1 == options_.depth);
      if (!member.block)
        add_node(*member.node, frame);
      else if (folds)
        add_folded(*member.block, frame);
      else
        open(*member.block, frame);
    }
  }

  int add_box(DiagramBox box) {
    diagram_.boxes.push_back(std::move(box));
    return static_cast<int>(diagram_.boxes.size()) - 1;
  }

  int add_frame(const Block& block, int parent) {
    DiagramBox box{.kind = DiagramBox::Kind::frame, .parent = parent, .path = block.path()};
    box.title = plain_text(block.title().empty() ? block.name() : block.title());
    box.direction = !block.cue().direction.empty() ? direction_from_name(block.cue().direction)
                    : parent < 0                   ? options_.direction
                                                   : diagram_.boxes[parent].direction;
    return add_box(std::move(box));
  }

  void add_folded(const Block& block, int parent) {
    DiagramBox box{.kind = DiagramBox::Kind::folded, .parent = parent, .path = block.path()};
    box.title = plain_text(block.title().empty() ? block.name() : block.title());
    const std::vector<Node*> nodes = block.all_nodes();
    box.detail = std::to_string(nodes.size()) + (nodes.size() == 1 ? " operation" : " operations");
    if (options_.parameters) box.cost = BoxTexts::cost(nodes);
    const int index = add_box(std::move(box));
    for (Node* node : nodes) {
      diagram_.boxes[index].nodes.push_back(node->id());
      box_of_node_.try_emplace(node->id(), index);
      for (size_t output = 0; output < node->outputs().size(); ++output)
        add_value(*node, static_cast<int>(output), index);
    }
  }

  void add_node(Node& node, int parent) {
    if (node.kind() == Node::Kind::input) return add_fields(node, parent);
    DiagramBox box = texts_.box(node);
    box.parent = parent;
    if (options_.parameters && node.kind() == Node::Kind::layer) box.cost = BoxTexts::cost({&node});
    const int index = add_box(std::move(box));
    box_of_node_.try_emplace(node.id(), index);
    for (size_t output = 0; output < node.outputs().size(); ++output)
      add_value(node, static_cast<int>(output), index);
  }

  // Each field has its own box, so that the label can stand beside the loss. One that nobody reads is left
  // out unless nobody reads any.
  void add_fields(Node& node, int parent) {
    const int count = static_cast<int>(node.outputs().size());
    const auto read = [&](int field) { return !graph_.readers(node.output(field)).empty(); };
    bool any = false;
    for (int field = 0; field < count; ++field) any = any || read(field);
    for (int field = 0; field < count; ++field) {
      if (any && !read(field)) continue;
      DiagramBox box = BoxTexts::field(node, field);
      box.parent = parent;
      add_value(node, field, add_box(std::move(box)));
    }
  }

  void add_value(Node& node, int output, int box) {
    const Value value = node.output(output);
    DiagramValue entry{.source = box, .output = outputs_of_[box]++, .node = node.id(), .node_output = output};
    if (options_.all_shapes || (options_.shapes && changes_shape(value, box)))
      entry.label = plain_text(shape_text(value.shape()));
    value_of_[{node.id(), output}] = static_cast<int>(diagram_.values.size());
    diagram_.values.push_back(std::move(entry));
    box_of_node_.try_emplace(node.id(), box);
  }

  bool changes_shape(Value value, int box) const {
    if (diagram_.boxes[box].kind == DiagramBox::Kind::folded) return true;
    for (const Value& input : value.node->inputs())
      if (input) return input.shape() != value.shape();
    return true;
  }

  void add_outputs() {
    for (const Use& use : graph_.uses())
      if (use.kind == Use::Kind::output) output_uses_.push_back(use);
  }

  // What only ties a loop's end to its begin is no flow of data.
  static bool is_tie(const Node& node, size_t input) {
    return loop_begin(node) && input <= static_cast<size_t>(Loop{loop_begin(node), &node}.carries());
  }

  void add_readers(const Node& node) {
    for (size_t input = 0; input < node.inputs().size(); ++input) {
      const Value& value = node.inputs()[input];
      if (!value || is_tie(node, input)) continue;
      DiagramValue& from = diagram_.values[value_of_.at({value.node->id(), value.output})];
      const int box = box_of_node_.at(node.id());
      if (box == from.source) continue;
      const bool folded = diagram_.boxes[box].kind == DiagramBox::Kind::folded;
      if (folded && !from.readers.empty() && from.readers.back().box == box) {
        ++from.readers.back().count;
        continue;
      }
      const int port = folded ? ports_of_[box]++ : static_cast<int>(input);
      from.readers.push_back({.box = box, .port = port, .node = node.id(), .input = static_cast<int>(input)});
    }
  }

  void add_output_reader(const Use& use) {
    DiagramBox box{.kind = DiagramBox::Kind::output, .parent = 0, .path = plain_text(use.name)};
    box.title = use.name.empty() ? "output" : plain_text(use.name);
    const int index = add_box(std::move(box));
    diagram_.values[value_of_.at({use.value.node->id(), use.value.output})].readers.push_back({.box = index});
  }

  const Graph& graph_;
  const DiagramOptions& options_;
  BoxTexts texts_;
  Diagram diagram_;
  std::unordered_map<const Block*, int> first_node_;
  std::map<std::pair<int, int>, int> value_of_;  // by node and output
  std::map<int, int> box_of_node_, outputs_of_, ports_of_;
  std::vector<Use> output_uses_;
};

}  // namespace

Direction direction_from_name(const std::string& name) {
  static const std::vector<std::string> names = {"south", "east", "north", "west"};
  for (size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<Direction>(i);
  fail(Fault::usage, "a direction must be 'south', 'east', 'north' or 'west', got '{}'{}", name,
       did_you_mean(name, names));
}

Diagram make_diagram(const Graph& graph, const DiagramOptions& options) {
  Diagram diagram = Builder(graph, options).build();
  mark_findings(diagram, graph, options.findings);
  return diagram;
}

}  // namespace orrery
