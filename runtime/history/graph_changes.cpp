#include "runtime/history/graph_changes.h"

#include <algorithm>

#include "runtime/graph/graph_diff.h"

namespace orrery {
namespace {

using Entries = std::vector<GraphDiff::Entry>;

/// What is said of a block, node or output that was added or removed, by its entry.
template <class Describe>
void add(const std::string& what, Entries entries, std::vector<GraphChange>& changes, Describe describe) {
  std::stable_partition(entries.begin(), entries.end(),
                        [](const GraphDiff::Entry& entry) { return entry.kind == GraphDiff::Kind::removed; });
  for (const GraphDiff::Entry& entry : entries) {
    if (entry.kind == GraphDiff::Kind::removed)
      changes.push_back({GraphChange::Kind::removed, what, entry.path, describe(entry), "", ""});
    if (entry.kind == GraphDiff::Kind::added)
      changes.push_back({GraphChange::Kind::added, what, entry.path, describe(entry), "", ""});
    for (const auto& [item, before, after] : entry.changes)
      changes.push_back({GraphChange::Kind::changed, what, entry.path, item, before, after});
  }
}

template <class T>
const T& side_of(const GraphDiff::Entry& entry, const std::vector<T>& before, const std::vector<T>& after) {
  return entry.after >= 0 ? after[static_cast<std::size_t>(entry.after)]
                          : before[static_cast<std::size_t>(entry.before)];
}

}  // namespace

std::vector<GraphChange> graph_changes(std::string_view before, std::string_view after) {
  std::vector<GraphChange> changes;
  if (before == after) return changes;
  const GraphOutline first = outline_of(before), second = outline_of(after);
  GraphDiff found = diff(first, second);
  std::erase_if(found.blocks, [&](const GraphDiff::Entry& entry) {
    return !side_of(entry, first.blocks, second.blocks).listed;
  });
  add("block", found.blocks, changes, [](const auto&) { return std::string(); });
  add("node", found.nodes, changes,
      [&](const auto& entry) { return side_of(entry, first.nodes, second.nodes).operation; });
  add("output", found.outputs, changes, [&](const auto& entry) {
    const GraphOutline& side = entry.after >= 0 ? second : first;
    return str(side, side_of(entry, first.outputs, second.outputs).value);
  });
  return changes;
}

std::string_view name(GraphChange::Kind kind) {
  switch (kind) {
    case GraphChange::Kind::added: return "added";
    case GraphChange::Kind::removed: return "removed";
    case GraphChange::Kind::changed: return "changed";
  }
  return {};
}

}  // namespace orrery
