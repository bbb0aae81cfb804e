#include "renderers/diagram/diff_diagram.h"

#include <algorithm>
#include <map>

#include "renderers/diagram/contract.h"
#include "renderers/diagram/delta_overlay.h"
#include "renderers/diagram/merge_graphs.h"
#include "renderers/diagram/passes.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;
using Change = GraphDiff::Kind;

/// How many operations of each kind of change are in a block.
using Counts = std::map<Change, int>;

Nodes nodes_of_both(const Graph& before, const Graph& after) {
  Nodes nodes = nodes_of(after);
  const Nodes old = nodes_of(before);
  nodes.insert(nodes.end(), old.begin(), old.end());
  return nodes;
}

std::vector<Counts> counts_of(const Diagram& diagram) {
  std::vector<Counts> counts(diagram.boxes.size());
  for (size_t i = counts.size(); i-- > 0;) {
    const DiagramBox& box = diagram.boxes[i];
    if (box.kind != Kind::frame)
      ++counts[i][box.change];
    else if (box.change == Change::changed)  // has another name
      ++counts[i][Change::changed];
    if (box.parent < 0) continue;
    for (const auto& [change, count] : counts[i]) counts[static_cast<size_t>(box.parent)][change] += count;
  }
  return counts;
}

bool has_changes(const Counts& counts) {
  return std::any_of(counts.begin(), counts.end(),
                     [](const auto& entry) { return entry.first != Change::same; });
}

void shut_unchanged(Diagram& diagram, const std::vector<Counts>& counts) {
  for (size_t i = 1; i < counts.size(); ++i)
    if (diagram.boxes[i].kind == Kind::frame && !has_changes(counts[i])) diagram.boxes[i].shut = true;
}

std::string summary(const Counts& counts) {
  std::string text;
  const auto add = [&](Change change, const char* mark) {
    if (const auto at = counts.find(change); at != counts.end())
      text += (text.empty() ? "" : "  ") + std::string(mark) + std::to_string(at->second);
  };
  add(Change::added, "+");
  add(Change::removed, "−");
  add(Change::changed, "~");
  return text;
}

// A block that is shut, though something in it has changed, tells how much.
void sum_up(Diagram& diagram, const std::map<std::string, Counts>& counts) {
  for (DiagramBox& box : diagram.boxes) {
    if (box.kind != Kind::folded || !counts.contains(box.path)) continue;
    const Counts& inside = counts.at(box.path);
    if (!has_changes(inside)) continue;
    if (box.change == Change::same) box.change = Change::changed;
    if (box.change == Change::changed) box.changes.push_back(summary(inside));
  }
}

DiffLegend legend_of(const Graph& before, const Graph& after, const GraphDiff& diff) {
  DiffLegend legend{.before = before.name(), .after = after.name()};
  for (const auto& entry : diff.nodes)
    ++(entry.kind == Change::added     ? legend.added
       : entry.kind == Change::removed ? legend.removed
       : entry.kind == Change::changed ? legend.changed
                                       : legend.same);
  return legend;
}

}  // namespace

Diagram make_diff_diagram(const Graph& before, const Graph& after, const DiffDiagramOptions& options) {
  const DiagramOptions& how = options.diagram;
  const GraphDiff found = diff(before, after);
  const Nodes nodes = nodes_of_both(before, after);
  Diagram diagram = merge_graphs(full_diagram(before, how.direction), full_diagram(after, how.direction),
                                 found, static_cast<int>(after.nodes().size()));
  diagram.diff = legend_of(before, after, found);
  check_hidden(diagram, how.hide);
  const std::vector<Counts> counts = counts_of(diagram);
  std::map<std::string, Counts> by_path;
  for (size_t i = 1; i < counts.size(); ++i)
    if (diagram.boxes[i].kind == Kind::frame) by_path[diagram.boxes[i].path] = counts[i];
  std::optional<Overlay> overlay = how.overlay;
  if (overlay && options.before) overlay = delta_overlay(diagram, found, *options.before, *overlay);
  if (!options.all) shut_unchanged(diagram, counts);
  collapse(diagram, folded_frames(diagram, how));
  sum_up(diagram, by_path);
  hide(diagram, how.hide);
  if (how.fuse) fuse(diagram);
  if (how.fold) fold_repeats(diagram);
  if (!options.all && !overlay) contract_unchanged(diagram);
  for (DiagramBox& box : diagram.boxes) box.tone = DiagramBox::kNeutral;
  if (overlay) add_overlay(diagram, *overlay);
  write_labels(diagram, nodes, how);
  measure_lines(diagram, nodes, how);
  bundle(diagram, nodes);
  drop_unread(diagram);
  weigh_lines(diagram, how);
  return diagram;
}

}  // namespace orrery
