#pragma once

#include <memory>
#include <string>

#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// The graph as canonical JSON: one line, keys sorted, nodes in the order of construction, options
/// only where they differ from their defaults. The same graph gives the same bytes.
///
///     {"blocks":  [{"path":"features", "title":…, "direction":…, "collapse":true, "note":…,
///                   "color":…}, …]   outer before inner
///      "format":  "orrery.graph", "version": 1, "name": "digits",
///      "layers":  [{"op":"Conv2d", "name":"conv1", "attributes":{"padding":[1,1],…},
///                   "frozen":["weight"], "tied":{"weight":"embedding.weight"},
///                   "parametrizations":[{"slot":"weight", "kind":"weight_norm", "attributes":{…}}]}, …]
///      "nodes":   [{"op":"input", "name":…, "block":…,
///      "fields":[{"name","shape":["N",1,8,8],"dtype","label","data_dtype"}],
///                   "classes":[…], "source":"…"},
///                  {"op":"constant", "name":…, "block":…, "shape":[…], "dtype":…, "parameter":true,
///                  "trainable":true},
///                  {"op":"Conv2d", "layer":0, "name":…, "block":…, "inputs":[[0,0]]},
///                  {"op":"flatten", "attributes":{…}, "inputs":[[2,0]], …}, …]
///      "uses":    [{"kind":"output", "name":…, "value":[7,0]}, …]}
///
/// What steers drawings stands where it was said: of a block also `"hide":true` and `"ticks":[5,9]` (the
/// root's stand beside `nodes`), of a node `"hide":true` and `"tags":[[0,"h"]]`. An operation that was made
/// at run time (a function of the script, a plug-in's) is marked `"own":true`. `inputs` holds a [node,
/// output] per port, null where an optional port has no link. Dimensions are integers or expressions as text.
/// Weights, source lines and governors are not part of it.
std::string to_json(const Graph& graph);

/// Restores a graph. Everything is checked as if a script had built it; besides: known format and
/// version, known operations, links to existing nodes, no cycle (`graph-cycle` names its nodes), at
/// most 2^20 nodes. Structural faults are `Error(Fault::input_file)` beginning with `what`, broken rules
/// a `CheckError`. Layers are made by the runtime, so their draws are logged.
std::unique_ptr<Graph> graph_from_json(std::string_view text, const Registry& registry, Runtime& runtime,
                                       const std::string& what);

}  // namespace orrery
