// `inplace` where PyTorch would write over memory that something else needs. Here nothing is written over:
// a rule that is kept leaves the same numbers.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "runtime/graph/aliasing.h"
#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"

namespace orrery::invariants {
namespace {

bool is_dropout(const Node& node) { return node.descriptor()->category == Category::dropout; }

// Otherwise it passes its input on.
bool drops(const Node& node) {
  const bool training = node.layer() ? node.layer()->training() : node.attributes().boolean("training");
  return training && node.attributes().real("p") > 0;
}

bool writes_over(const Node& node) {
  if (node.kind() != Node::Kind::layer) return false;
  const auto& options = node.attributes().entries();
  const auto asked = std::ranges::find(options, "inplace", &Attributes::Entry::name);
  return asked != options.end() && asked->value == AttributeValue(true) && (!is_dropout(node) || drops(node));
}

// The input whose memory a value has in PyTorch; empty for memory of its own.
Value below(const Value& value) {
  const Node& node = *value.node;
  if (writes_over(node)) return node.inputs()[0];
  const Value input = aliased_input(node, value.output);
  const bool copied = input && (input.dtype() != value.dtype() || (is_dropout(node) && drops(node)));
  return copied ? Value() : input;
}

Value root_of(Value value) {
  while (const Value input = below(value)) value = input;
  return value;
}

// Is the value made of what the node gives, in the same memory?
bool stems_from(Value value, const Node& node) {
  while (value && value.node != &node) value = below(value);
  return static_cast<bool>(value);
}

bool gives_on(const Node& node, const Value& value) {
  for (int output = 0; output < static_cast<int>(node.outputs().size()); ++output)
    if (below(output_of(node, output)) == value) return true;
  return false;
}

std::string placed(const Node& node) {
  const SourceSite& site = node.origin().site;
  return fmt::format("{} ({}{})", node.path(), node.operation(), site.known() ? ", " + site.str() : "");
}

// ` from flatten (train.lua:41)`, and whose memory that is.
std::string overwritten(const Value& value) {
  const Value root = root_of(value);
  return root == value ? provenance(value)
                       : fmt::format("{}, in memory{}", provenance(value), provenance(root));
}

std::string user(const Use& use) {
  switch (use.kind) {
    case Use::Kind::output: return "is an output of the graph";
    case Use::Kind::loss: return "is an optimizer's loss";
    case Use::Kind::metric: return "a metric reads";
    case Use::Kind::saved: return "a saver writes";
  }
  return {};
}

class Overwriting {
 public:
  explicit Overwriting(const Graph& graph) : graph_(graph), readers_(graph) {
    for (const auto& node : graph.nodes())
      for (int output = 0; output < static_cast<int>(node->outputs().size()); ++output)
        sharing_[root_of(node->output(output))].push_back(node->output(output));
  }

  // Why a node cannot write over its input; nothing when it can.
  std::optional<std::string> hindrance(const Node& node) const {
    const Value input = node.inputs()[0], root = root_of(input);
    if (root.leaf() && !root.node->state()) return "which every step begins with";
    for (const Value& value : sharing_.at(root))
      if (!stems_from(value, node))
        if (auto other = other_reader(node, value)) return "which " + *other + ", too";
    if (trains(graph_))
      if (const Node* maker = keeper(input))
        return fmt::format("which the backward pass of {} needs", maker->path());
    return {};
  }

 private:
  std::optional<std::string> other_reader(const Node& node, const Value& value) const {
    for (const Readers::Reader& reader : readers_.of(value)) {
      if (reader.node == &node || passes_on(*reader.node, value, node)) continue;
      return placed(*reader.node) + " reads";
    }
    for (const Use& use : graph_.uses())
      if (use.value == value) return user(use);
    for (const auto& each : graph_.nodes())
      if (each->state() && each->state()->next == value) return placed(*each) + " becomes";
    return {};
  }

  // A view's own readers count instead of it, and what was written over before is how the memory came to be
  // as it is.
  static bool passes_on(const Node& reader, const Value& value, const Node& node) {
    return gives_on(reader, value) && (!writes_over(reader) || stems_from(node.inputs()[0], reader));
  }

  // Who made the memory what it is and reads it again for its gradient.
  static const Node* keeper(Value value) {
    using Keeps = Descriptor::KeepsOutput;
    for (; value; value = below(value)) {
      const Node& node = *value.node;
      const bool learns = node.descriptor() && node.requires_grad();
      const Keeps keeps = learns ? node.descriptor()->keeps_output : Keeps::no;
      if (keeps == Keeps::yes || (keeps == Keeps::in_place && writes_over(node))) return &node;
    }
    return nullptr;
  }

  const Graph& graph_;
  Readers readers_;
  std::map<Value, std::vector<Value>, ValueLess> sharing_;
};

}  // namespace

std::vector<Finding> nothing_needed_is_overwritten(const Graph& graph) {
  if (std::ranges::none_of(graph.nodes(), [](const auto& node) { return writes_over(*node); })) return {};
  const Overwriting overwriting(graph);
  std::vector<Finding> findings;
  for (const auto& node : graph.nodes()) {
    if (!writes_over(*node)) continue;
    if (const auto hindrance = overwriting.hindrance(*node))
      findings.push_back({.code = "inplace-overwrites",
                          .site = node->origin().site,
                          .path = node->path(),
                          .message = fmt::format("{} with inplace writes over its input{}, {}", named(*node),
                                                 overwritten(node->inputs()[0]), *hindrance),
                          .expected = "an input that nothing else needs",
                          .got = *hindrance,
                          .remedy = "Leave inplace out.",
                          .port = 0});
  }
  return findings;
}

}  // namespace orrery::invariants
