#include "renderers/diagram/mark_findings.h"
#include "renderers/diagram/passes.h"

namespace orrery {

Diagram make_diagram(const Graph& graph, const DiagramOptions& options) {
  Diagram diagram = full_diagram(graph, options.direction);
  mark_findings(diagram, graph, options.findings);
  collapse(diagram, folded_frames(diagram, options));
  hide(diagram, options.hide);
  if (options.fuse) fuse(diagram);
  if (options.fold) fold_repeats(diagram);
  colour(diagram, graph, options.colour);
  if (options.overlay) add_overlay(diagram, *options.overlay);
  write_labels(diagram, graph, options);
  bundle(diagram, graph);
  drop_unread(diagram);
  return diagram;
}

}  // namespace orrery
