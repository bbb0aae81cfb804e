#include "renderers/diagram/cues.h"
#include "renderers/diagram/mark_findings.h"
#include "renderers/diagram/passes.h"
#include "renderers/diagram/time_steps.h"

namespace orrery {
namespace {

void show_time(Diagram& diagram, const Graph& graph, TimeView view) {
  frame_steps(diagram, graph);
  if (view == TimeView::rolled)
    roll_steps(diagram);
  else
    skip_steps(diagram);
  open_scans(diagram, graph, view);
  open_recurrent(diagram, graph, view);
}

}  // namespace

Diagram make_diagram(const Graph& graph, const DiagramOptions& options) {
  Diagram diagram = full_diagram(graph, options.direction);
  if (options.governors) add_governors(diagram, graph);
  if (options.time != TimeView::none) require_time(diagram, graph, options.time);
  mark_findings(diagram, graph, options.findings);
  apply_cues(diagram, options.cues);
  check_hidden(diagram, options.hide);
  collapse(diagram, folded_frames(diagram, with_cues(options)));
  hide(diagram, options.hide);
  if (options.fuse) fuse(diagram);
  if (options.time != TimeView::none) show_time(diagram, graph, options.time);
  if (options.governors) mark_governed(diagram, graph);
  put_aside(diagram, graph, options.aside);
  if (options.fold) fold_repeats(diagram);
  drop_inner_marks(diagram);
  colour(diagram, graph, options.colour);
  if (options.overlay) add_overlay(diagram, *options.overlay);
  write_labels(diagram, nodes_of(graph), options);
  change_boxes(diagram, options.changes);
  name_ports(diagram, graph);
  measure_lines(diagram, nodes_of(graph), options);
  bundle(diagram, nodes_of(graph));
  drop_unread(diagram);
  weigh_lines(diagram, options);
  return diagram;
}

}  // namespace orrery
