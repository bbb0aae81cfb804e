#include "runtime/engine/execution/order.h"

#include <algorithm>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "runtime/core/error.h"
#include "runtime/graph/aliasing.h"

namespace orrery {
namespace {

using Nodes = std::vector<const Node*>;

bool made_before(const Node* a, const Node* b) { return a->id() < b->id(); }

Nodes needed_nodes(const std::vector<Value>& targets) {
  std::unordered_set<const Node*> seen;
  Nodes found;
  const auto visit = [&](const Value& value) {
    if (value && seen.insert(value.node).second) found.push_back(value.node);
  };
  for (const Value& target : targets) visit(target);
  for (size_t i = 0; i < found.size(); ++i) {
    for (const Value& input : found[i]->inputs()) visit(input);
  }
  std::ranges::sort(found, made_before);
  return found;
}

// For each node, those that come after it.
using Successors = std::unordered_map<const Node*, std::set<const Node*, decltype(&made_before)>>;

void add_edge(Successors& successors, const Node* before, const Node* after) {
  successors.try_emplace(before, &made_before).first->second.insert(after);
}

void add_data_edges(Successors& successors, const Nodes& nodes) {
  for (const Node* node : nodes) {
    for (const Value& input : node->inputs()) {
      if (input) add_edge(successors, input.node, node);
    }
  }
}

// Whether a value is what the writer left in its storage, or a view of that.
bool written_by(Value value, const Node* writer) {
  while (value && value.node != writer) value = aliased_input(*value.node, value.output);
  return static_cast<bool>(value);
}

bool reads_old(const Node& reader, const Node* writer, const Value& storage, const StorageRoots& roots) {
  return &reader != writer && std::ranges::any_of(reader.inputs(), [&](const Value& value) {
    return value && roots.at(value) == storage && !written_by(value, writer);
  });
}

// Who overwrites a storage waits for all who read what was in it before.
void add_overwrite_edges(Successors& successors, const Nodes& nodes) {
  const StorageRoots roots = find_storage_roots(nodes);
  for (const Node* writer : nodes) {
    if (!writer->descriptor()) continue;
    for (const Alias& alias : writer->descriptor()->aliases) {
      if (alias.kind != Alias::Kind::overwrite || !writer->inputs()[alias.input]) continue;
      const Value storage = roots.at(writer->inputs()[alias.input]);
      for (const Node* reader : nodes) {
        if (reads_old(*reader, writer, storage, roots)) add_edge(successors, reader, writer);
      }
    }
  }
}

Nodes sorted(const Nodes& nodes, const Successors& successors) {
  std::unordered_map<const Node*, int> waiting;
  for (const auto& [before, after] : successors) {
    for (const Node* node : after) ++waiting[node];
  }
  const auto later = [](const Node* a, const Node* b) { return made_before(b, a); };
  std::priority_queue<const Node*, Nodes, decltype(later)> ready(later);
  for (const Node* node : nodes) {
    if (waiting[node] == 0) ready.push(node);
  }
  Nodes order;
  while (!ready.empty()) {
    const Node* node = ready.top();
    ready.pop();
    order.push_back(node);
    const auto found = successors.find(node);
    if (found == successors.end()) continue;
    for (const Node* next : found->second) {
      if (--waiting[next] == 0) ready.push(next);
    }
  }
  return order;
}

}  // namespace

std::vector<const Node*> order_nodes(const std::vector<Value>& targets) {
  const Nodes nodes = needed_nodes(targets);
  Successors successors;
  add_data_edges(successors, nodes);
  add_overwrite_edges(successors, nodes);
  Nodes order = sorted(nodes, successors);
  if (order.size() < nodes.size()) {
    const auto stuck = std::ranges::find_if(
        nodes, [&](const Node* node) { return std::ranges::find(order, node) == order.end(); });
    throw Error(
        Fault::check,
        fmt::format(
            "{} ({}) can never be computed: it waits for its own result, or overwrites a value that is "
            "still read",
            (*stuck)->path(), (*stuck)->operation()),
        (*stuck)->origin().site);
  }
  return order;
}

}  // namespace orrery
