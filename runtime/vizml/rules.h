#pragma once

#include <string>
#include <vector>

#include "runtime/vizml/document.h"

namespace orrery {

/// The rules of VizML that a graph breaks, all of them, in words that name links and nodes: which ports a
/// link may join, how many links a port takes, what an optimizer and a Saver may be linked to, one input, at
/// most one Manager, each node in at most one block; and what VizML leaves to its code: inputs that nothing
/// feeds. Source: the checks of VizML's editor.
std::vector<std::string> broken_vizml_rules(const VizmlDocument& document);

/// Places of the nodes of the graph, each behind what it reads, the document's order else. Throws
/// `Error(Fault::input_file)` that names the nodes of a cycle. REQUIRES: no rule is broken.
std::vector<std::size_t> vizml_order(const VizmlDocument& document);

}  // namespace orrery
