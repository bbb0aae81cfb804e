#include "renderers/diagram/mark_findings.h"

#include <algorithm>
#include <map>

#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"

namespace orrery {
namespace {

// `a/b/c`, `a/b`, `a` in turn: the innermost thing drawn is the one to mark.
bool shorten(std::string& path) {
  const size_t slash = path.rfind('/');
  path.resize(slash == std::string::npos ? 0 : slash);
  return !path.empty();
}

void mark_lines(Diagram& diagram, const Graph& graph, const Finding& finding) {
  for (DiagramValue& value : diagram.values)
    for (DiagramReader& reader : value.readers) {
      if (reader.node < 0 || reader.input != finding.port) continue;
      if (graph.nodes()[reader.node]->path() != finding.path) continue;
      reader.faulty = true;
      value.label = plain_text(shape_text(graph.nodes()[value.node]->outputs()[value.node_output].shape));
    }
}

void add(std::vector<std::string>& codes, const std::string& code) {
  if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(code);
}

}  // namespace

void mark_findings(Diagram& diagram, const Graph& graph, const std::vector<Finding>& findings) {
  std::map<std::string, std::vector<int>> boxes;
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    boxes[diagram.boxes[i].path].push_back(static_cast<int>(i));
  for (const Finding& finding : findings) {
    if (finding.port >= 0) mark_lines(diagram, graph, finding);
    std::string path = finding.path;
    do {
      const auto at = boxes.find(path);
      if (at == boxes.end()) continue;
      for (int box : at->second)
        add(finding.severity == Severity::error ? diagram.boxes[box].errors : diagram.boxes[box].warnings,
            finding.code);
      break;
    } while (shorten(path));
  }
}

}  // namespace orrery
