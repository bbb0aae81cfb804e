// `inplace` where PyTorch would write over memory that something else needs. Here nothing is written over:
// a rule that is kept leaves the same numbers.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "runtime/graph/aliasing.h"
#include "runtime/graph/invariants.h"
#include "runtime/graph/invariants/reading.h"
#include "runtime/graph/loops.h"

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

bool frames_loop(const Node& node, Descriptor::LoopEnd end) {
  return node.descriptor() && node.descriptor()->loop == end;
}

// The input whose memory a value has in PyTorch; empty for memory of its own. A loop's slices are rows of
// what it was given, and its first turn has the first carries themselves.
Value below(const Value& value) {
  const Node& node = *value.node;
  if (writes_over(node)) return node.inputs()[0];
  if (frames_loop(node, Descriptor::LoopEnd::begin))
    return value.output > 0 ? node.inputs()[static_cast<size_t>(value.output) - 1] : Value();
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

// Only the shape and the dtype, which writing over leaves as they are.
bool reads_form(const Readers::Reader& reader) {
  if (reader.input == 0)
    return is_one_of(*reader.node, {"zeros_like", "ones_like", "full_like", "rand_like", "randn_like",
                                    "aten::new_zeros", "aten::new_ones", "aten::new_full"});
  return is_one_of(*reader.node, {"view_as", "reshape_as", "expand_as", "type_as"});
}

// A loop's end reads a turn's own carries only to tell its begin.
bool tells_begin(const Readers::Reader& reader) {
  return frames_loop(*reader.node, Descriptor::LoopEnd::end) &&
         static_cast<std::int64_t>(reader.input) <= reader.node->attributes().integer("carries");
}

// The memory of the value was there before the loop, which is not given it turn by turn.
bool outlasts_turns(const Loop& loop, Value value) {
  while (value && value.node->id() > loop.begin->id()) value = below(value);
  return value && value.node != loop.begin;
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

std::string remedy(const Value& value) {
  return root_of(value) == value ? "Leave inplace out."
                                 : "Leave inplace out, or let it write over a copy: x:clone().";
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
    for (const auto& node : graph.nodes()) {
      if (const Node* begin = loop_begin(*node)) loops_.push_back({.begin = begin, .end = node.get()});
      for (int output = 0; output < static_cast<int>(node->outputs().size()); ++output)
        sharing_[root_of(node->output(output))].push_back(node->output(output));
    }
  }

  // Why a node cannot write over its input; nothing when it can.
  std::optional<std::string> hindrance(const Node& node) const {
    const Value input = node.inputs()[0], root = root_of(input);
    if (root.leaf() && !root.node->state()) return "which every step begins with";
    if (written_each_turn(node)) return kEachTurn;
    for (const Value& value : sharing_.at(root))
      if (!stems_from(value, node))
        if (auto other = other_reader(node, value)) return "which " + *other + ", too";
    if (auto kept = kept_by(input)) return kept;
    return hindrance_between_turns(input);
  }

 private:
  static constexpr const char* kEachTurn = "which every turn of the loop begins with";

  // PyTorch runs all lines of a loop in each turn, whether or not they depend on it.
  bool written_each_turn(const Node& node) const {
    return std::ranges::any_of(loops_, [&](const Loop& loop) {
      return loop.begin->id() < node.id() && node.id() < loop.end->id() &&
             outlasts_turns(loop, node.inputs()[0]);
    });
  }

  // A carry is written over in the turn after the one that made it.
  std::optional<std::string> hindrance_between_turns(Value value) const {
    for (; value; value = below(value))
      for (const Loop& loop : loops_)
        if (value.node == loop.begin && value.output > 0 && value.output <= loop.carries())
          if (auto hindrance = hindrance_of_next(loop, value.output)) return hindrance;
    return {};
  }

  // The end reads a turn's carries at ports from 1 on, the next turn's behind them, then what is stacked.
  std::optional<std::string> hindrance_of_next(const Loop& loop, int carry) const {
    const auto& inputs = loop.end->inputs();
    const auto count = static_cast<size_t>(loop.carries()), port = count + static_cast<size_t>(carry);
    if (outlasts_turns(loop, inputs[port])) return kEachTurn;
    for (size_t i = 1 + count; i < inputs.size(); ++i)
      if (i != port && root_of(inputs[i]) == root_of(inputs[port]))
        return fmt::format("which {} {}, too", placed(*loop.end),
                           i > 2 * count ? "stacks" : "hands to the next turn");
    return kept_by(inputs[port]);
  }

  std::optional<std::string> kept_by(const Value& value) const {
    const Node* maker = trains(graph_) ? keeper(value) : nullptr;
    if (!maker) return {};
    return fmt::format("which the backward pass of {} needs", maker->path());
  }

  std::optional<std::string> other_reader(const Node& node, const Value& value) const {
    for (const Readers::Reader& reader : readers_.of(value)) {
      if (reader.node == &node || reads_form(reader) || tells_begin(reader)) continue;
      if (passes_on(*reader.node, value, node)) continue;
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
  std::vector<Loop> loops_;
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
                          .remedy = remedy(node->inputs()[0]),
                          .port = 0});
  }
  return findings;
}

}  // namespace orrery::invariants
