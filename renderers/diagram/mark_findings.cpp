#include "renderers/diagram/mark_findings.h"

#include <algorithm>
#include <map>

#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"
#include "runtime/graph/rules.h"

namespace orrery {
namespace {

constexpr size_t kLongestText = 300;

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

template <class T>
void add(std::vector<T>& list, const T& entry) {
  if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
}

// `classifier/linear (Linear) expects …, in block classifier called at train.lua:9`: what the box beside it
// does not tell.
std::string shortened(const Finding& finding) {
  std::string text = finding.message;
  if (!finding.path.empty() && text.starts_with(finding.path + " ")) text.erase(0, finding.path.size() + 1);
  if (text.starts_with('(') && text.find(") ") != std::string::npos) text.erase(0, text.find(") ") + 2);
  if (const size_t around = text.rfind(", in block "); around != std::string::npos) text.erase(around);
  return plain_text(text, kLongestText);
}

FindingNote note_of(const Finding& finding) {
  const Rule* rule = find_rule(finding.code);
  std::string place = rule ? std::string(rule->number) : std::string();
  if (finding.site.known()) {
    const std::string file = finding.site.file.substr(finding.site.file.rfind('/') + 1);
    place += (place.empty() ? "" : " · ") + SourceSite{file, finding.site.line}.str();
  }
  return {finding.severity == Severity::error, finding.code, plain_text(place), plain_text(finding.path, 80),
          shortened(finding)};
}

void mark(DiagramBox& box, const FindingNote& note) {
  add(note.error ? box.errors : box.warnings, note.code);
  add(box.notes, note);
}

}  // namespace

void mark_findings(Diagram& diagram, const Graph& graph, const std::vector<Finding>& findings) {
  std::map<std::string, std::vector<int>> boxes;
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    boxes[diagram.boxes[i].path].push_back(static_cast<int>(i));
  for (const Finding& finding : findings) {
    if (finding.port >= 0) mark_lines(diagram, graph, finding);
    const FindingNote note = note_of(finding);
    std::string path = finding.path;
    auto at = boxes.find(path);
    while (at == boxes.end() && shorten(path)) at = boxes.find(path);
    if (at == boxes.end()) {
      add(diagram.notes, note);
      continue;
    }
    for (int box : at->second) mark(diagram.boxes[static_cast<size_t>(box)], note);
  }
}

}  // namespace orrery
