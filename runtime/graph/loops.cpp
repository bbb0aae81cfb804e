#include "runtime/graph/loops.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

bool ends_loop(const Node& node) {
  return node.descriptor() && node.descriptor()->loop == Descriptor::LoopEnd::end;
}

bool begins_loop(const Node& node) {
  return node.descriptor() && node.descriptor()->loop == Descriptor::LoopEnd::begin;
}

bool differs_each_time(const Node& node) {
  return node.descriptor() && (node.descriptor()->draws || node.descriptor()->differs_in_training);
}

std::int64_t carry_count(const Node& node) { return node.attributes().integer("carries"); }

std::vector<Value> inputs_between(const Node& node, size_t first, size_t last) {
  const auto begin = node.inputs().begin();
  return {begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last)};
}

}  // namespace

int Loop::carries() const { return static_cast<int>(carry_count(*end)); }

std::vector<Value> Loop::next() const {
  const auto count = static_cast<size_t>(carries());
  return inputs_between(*end, 1 + count, 1 + 2 * count);
}

std::vector<Value> Loop::stacked() const {
  return inputs_between(*end, 1 + 2 * static_cast<size_t>(carries()), end->inputs().size());
}

const Node* loop_begin(const Node& end) {
  if (!ends_loop(end)) return nullptr;
  Node* begin = end.inputs()[0].node;
  if (!begins_loop(*begin) || carry_count(*begin) != carry_count(end)) return nullptr;
  for (int i = 0; i <= carry_count(end); ++i)
    if (end.inputs()[static_cast<size_t>(i)] != begin->output(i)) return nullptr;
  return begin;
}

Loops::Loops(const Graph& graph) {
  for (const auto& node : graph.nodes())
    if (const Node* begin = loop_begin(*node)) add(graph, *begin, *node);
}

int Loops::around(const Node& node) const {
  const auto found = around_.find(&node);
  return found == around_.end() ? -1 : found->second;
}

bool Loops::within(const Node& node, int loop) const {
  int at = around(node);
  while (at >= 0 && at != loop) at = loops_[static_cast<size_t>(at)].around;
  return at == loop;
}

Dim Loops::times(const Node& node) const {
  Dim times(1);
  for (int at = around(node); at >= 0; at = loops_[static_cast<size_t>(at)].around)
    times = times * loops_[static_cast<size_t>(at)].length();
  return times;
}

namespace {

using Nodes = std::unordered_set<const Node*>;

bool reads_any(const Node& node, const Nodes& nodes) {
  return std::ranges::any_of(node.inputs(),
                             [&](const Value& value) { return value && nodes.contains(value.node); });
}

// What must be computed anew in each step of a loop, wherever it leads.
Nodes find_dependent(const Graph& graph, const Node& begin, const Node& end) {
  Nodes dependent = {&begin};
  for (int id = begin.id() + 1; id < end.id(); ++id) {
    const Node& node = *graph.nodes()[static_cast<size_t>(id)];
    const bool differs = differs_each_time(node) && begin.block().contains(node.block());
    if (differs || reads_any(node, dependent)) dependent.insert(&node);
  }
  return dependent;
}

// Those that lead to a node.
Nodes leading_to(const Node& end, const Nodes& among) {
  Nodes found;
  std::vector<const Node*> open = {&end};
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    for (const Value& value : node->inputs())
      if (value && among.contains(value.node) && found.insert(value.node).second) open.push_back(value.node);
  }
  return found;
}

}  // namespace

// Loops inside end before, so that they are known already; each belongs to the body whole or not at all.
void Loops::add(const Graph& graph, const Node& begin, const Node& end) {
  Nodes body = leading_to(end, find_dependent(graph, begin, end));
  const int index = static_cast<int>(loops_.size());
  for (Loop& inner : loops_) {
    if (!body.contains(inner.end)) continue;
    body.insert(inner.begin);
    body.insert(inner.body.begin(), inner.body.end());
    if (inner.around < 0) inner.around = index;
  }
  body.erase(&begin);
  Loop loop{.begin = &begin, .end = &end, .body = {body.begin(), body.end()}};
  std::ranges::sort(loop.body, {}, &Node::id);
  around_.emplace(&begin, index);
  for (const Node* node : loop.body) around_.emplace(node, index);
  loops_.push_back(std::move(loop));
}

void check_loops(const Graph& graph) {
  Nodes begun;
  for (const auto& node : graph.nodes()) {
    const Node* begin = loop_begin(*node);
    check(!ends_loop(*node) || (begin && begun.erase(begin) == 1), Fault::input_file,
          "'{}' ends no loop that has begun", node->path());
    if (begins_loop(*node)) begun.insert(node.get());
  }
  check(begun.empty(), Fault::input_file, "the loop of '{}' has no end",
        begun.empty() ? "" : (*begun.begin())->path());
}

namespace {

std::string named(const Node& node) {
  const SourceSite& site = node.origin().site;
  return fmt::format("{} ({}{})", node.path(), node.operation(), site.known() ? ", " + site.str() : "");
}

Finding escape(const Node& value, const Loop& loop, const SourceSite& site, std::string message) {
  return {
      .code = "loop-value-escapes",
      .site = site,
      .path = value.path(),
      .message = fmt::format("{}, which is computed anew in each step of the loop {}", message,
                             loop.begin->block().path()),
      .expected = "a value from outside of the loop",
      .got = "one of its steps'",
      .remedy = "Return it from the loop's function: as its y, which orrery.scan stacks, or as its carry."};
}

}  // namespace

std::vector<Finding> find_escapes(const Loops& loops, const std::vector<const Node*>& nodes,
                                  const std::vector<Value>& targets) {
  std::vector<Finding> findings;
  const auto loop_of = [&](int index) -> const Loop& { return loops.all()[static_cast<size_t>(index)]; };
  for (const Node* node : nodes) {
    for (const Value& value : node->inputs()) {
      const int loop = value ? loops.around(*value.node) : -1;
      if (loop < 0 || node == loop_of(loop).end || loops.within(*node, loop)) continue;
      findings.push_back(
          escape(*value.node, loop_of(loop), node->origin().site,
                 fmt::format("{} ({}) reads {}", node->path(), node->operation(), named(*value.node))));
    }
  }
  for (const Value& target : targets) {
    const int loop = loops.around(*target.node);
    if (loop < 0) continue;
    findings.push_back(escape(*target.node, loop_of(loop), target.node->origin().site,
                              fmt::format("a result is asked for of {}", named(*target.node))));
  }
  return findings;
}

}  // namespace orrery
