#include "renderers/diagram/mark_findings.h"

#include <algorithm>
#include <map>

namespace orrery {
namespace {

// `a/b/c`, `a/b`, `a` in turn: the innermost thing drawn is the one to mark.
bool shorten(std::string& path) {
  const size_t slash = path.rfind('/');
  path.resize(slash == std::string::npos ? 0 : slash);
  return !path.empty();
}

void add(std::vector<std::string>& codes, const std::string& code) {
  if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(code);
}

}  // namespace

void mark_findings(Diagram& diagram, const std::vector<Finding>& findings) {
  std::map<std::string, std::vector<int>> boxes;
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    boxes[diagram.boxes[i].path].push_back(static_cast<int>(i));
  for (const Finding& finding : findings) {
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
