#include <algorithm>
#include <map>
#include <unordered_map>

#include "renderers/diagram/box_text.h"
#include "renderers/diagram/note_lines.h"
#include "renderers/diagram/passes.h"
#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/structure.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/graph/loops.h"

namespace orrery {
namespace {

/// Goes through a graph once, block by block, and keeps in which box each node is drawn.
class Builder {
 public:
  Builder(const Graph& graph, Direction direction)
      : graph_(graph), root_direction_(direction), texts_(graph) {
    diagram_.title = plain_text(graph.name());
  }

  Diagram build() {
    find_first_nodes();
    add_blocks();
    for (const auto& node : graph_.nodes()) add_readers(*node);
    for (const Use& use : graph_.uses())
      if (use.kind == Use::Kind::output) add_output_reader(use);
    number_structures(diagram_);
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
      if (member.block)
        open(*member.block, frame);
      else
        add_node(*member.node, frame);
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
                    : parent < 0                   ? root_direction_
                                                   : diagram_.boxes[parent].direction;
    box.shut = block.cue().collapse;
    box.hidden = block.hidden();
    box.ticks = block.ticks();
    if (parent >= 0) box.beside = note_lines(block.cue().note), box.fill = block.cue().color;
    return add_box(std::move(box));
  }

  // What tells whether two nodes share weights; null without any.
  static const void* weights_of(const Node& node) {
    if (node.is_parameter()) return node.constant().get();
    return node.layer() && !node.layer()->parameters().empty() ? node.layer().get() : nullptr;
  }

  void add_node(Node& node, int parent) {
    if (node.kind() == Node::Kind::input) return add_fields(node, parent);
    DiagramBox box = texts_.box(node);
    box.parent = parent;
    box.hidden = node.cue().hide;
    box.structure = structures_.of(node);
    const void* weights = weights_of(node);
    if (weights) box.layers = {first_use_.emplace(weights, node.id()).first->second};
    const int index = add_box(std::move(box));
    box_of_node_.try_emplace(node.id(), index);
    for (size_t output = 0; output < node.outputs().size(); ++output)
      add_value(node, static_cast<int>(output), static_cast<int>(output), index);
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
      box.hidden = node.cue().hide;
      box.structure = structures_.of(node);
      const int index = add_box(std::move(box));
      add_value(node, field, 0, index);
      box_of_node_.try_emplace(node.id(), index);
    }
  }

  void add_value(const Node& node, int node_output, int output, int box) {
    value_of_[{node.id(), node_output}] = static_cast<int>(diagram_.values.size());
    diagram_.values.push_back(
        {.source = box, .output = output, .node = node.id(), .node_output = node_output});
    if (const auto tag = node.cue().tags.find(node_output); tag != node.cue().tags.end())
      diagram_.values.back().tag = plain_text(tag->second);
  }

  // What only ties a loop's end to its begin is no flow of data.
  static bool is_tie(const Node& node, size_t input) {
    return loop_begin(node) && input <= static_cast<size_t>(Loop{loop_begin(node), &node}.carries());
  }

  void add_readers(const Node& node) {
    for (size_t input = 0; input < node.inputs().size(); ++input) {
      const Value& value = node.inputs()[input];
      if (!value || is_tie(node, input)) continue;
      const int port = static_cast<int>(input);
      diagram_.values[value_of_.at({value.node->id(), value.output})].readers.push_back(
          {.box = box_of_node_.at(node.id()), .port = port, .node = node.id(), .input = port});
    }
  }

  void add_output_reader(const Use& use) {
    DiagramBox box{.kind = DiagramBox::Kind::output, .parent = 0, .path = plain_text(use.name)};
    box.title = use.name.empty() ? "output" : plain_text(use.name);
    const int index = add_box(std::move(box));
    diagram_.values[value_of_.at({use.value.node->id(), use.value.output})].readers.push_back({.box = index});
  }

  const Graph& graph_;
  const Direction root_direction_;
  BoxTexts texts_;
  NodeStructures structures_;
  Diagram diagram_;
  std::unordered_map<const Block*, int> first_node_;
  std::unordered_map<const void*, int> first_use_;
  std::map<std::pair<int, int>, int> value_of_;  // by node and output
  std::unordered_map<int, int> box_of_node_;
};

}  // namespace

Direction direction_from_name(const std::string& name) {
  static const std::vector<std::string> names = {"south", "east", "north", "west"};
  for (size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<Direction>(i);
  fail(Fault::usage, "a direction must be 'south', 'east', 'north' or 'west', got '{}'{}", name,
       did_you_mean(name, names));
}

Diagram full_diagram(const Graph& graph, Direction direction) { return Builder(graph, direction).build(); }

}  // namespace orrery
