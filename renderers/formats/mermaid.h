#pragma once

#include <string>

#include "renderers/diagram/diagram.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// A diagram as a Mermaid flowchart, which GitHub, GitLab and many editors draw: a subgraph for each open
/// block, a node `b7` for box 7, an edge for each reader of a value. Labels are plain text: every character
/// that Mermaid or its Markdown could read as syntax is written as an entity. GitHub draws at most 500 edges
/// and 50,000 characters; a comment on top tells where there are more.
std::string mermaid_text(const Diagram& diagram, const Theme& theme);

}  // namespace orrery
