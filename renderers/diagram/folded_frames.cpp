#include <algorithm>

#include "renderers/diagram/passes.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/core/pattern.h"

namespace orrery {
namespace {

bool is_pattern(const std::string& text) { return text.find_first_of("*?") != std::string::npos; }

bool is_block(const Diagram& diagram, size_t box) {
  return box > 0 && diagram.boxes[box].kind == DiagramBox::Kind::frame;
}

[[noreturn]] void refuse(const Diagram& diagram, const std::string& option, const std::string& pattern) {
  std::vector<std::string> paths;
  for (size_t i = 0; i < diagram.boxes.size(); ++i)
    if (is_block(diagram, i)) paths.push_back(diagram.boxes[i].path);
  const std::string near = is_pattern(pattern) ? std::string() : did_you_mean(pattern, paths);
  throw Error(
      Fault::usage,
      option + ": no block " + (is_pattern(pattern) ? "fits '" : "is called '") + pattern + "'" + near, {},
      paths.empty() ? "The graph has no blocks: g:block and g:group make them."
                    : "Give a block's path, or a pattern in which * stands for any characters.");
}

// How strongly one of the patterns asks for each block: 2 by its path, 1 by a pattern, 0 not at all.
std::vector<int> asked(const Diagram& diagram, const std::string& option,
                       const std::vector<std::string>& patterns) {
  std::vector<int> result(diagram.boxes.size());
  for (const std::string& pattern : patterns) {
    bool found = false;
    for (size_t i = 0; i < diagram.boxes.size(); ++i) {
      if (!is_block(diagram, i) || !fits_pattern(diagram.boxes[i].path, pattern)) continue;
      found = true;
      result[i] = std::max(result[i], is_pattern(pattern) ? 1 : 2);
    }
    if (!found) refuse(diagram, option, pattern);
  }
  return result;
}

// What is expanded must be seen: the frames around it are open.
void spread_outwards(const Diagram& diagram, std::vector<bool>& expanded) {
  for (size_t i = expanded.size(); i-- > 0;)
    if (expanded[i] && diagram.boxes[i].parent >= 0)
      expanded[static_cast<size_t>(diagram.boxes[i].parent)] = true;
}

}  // namespace

std::vector<bool> folded_frames(const Diagram& diagram, const DiagramOptions& options) {
  const std::vector<int> open = asked(diagram, "expand", options.expand);
  const std::vector<int> shut = asked(diagram, "collapse", options.collapse);
  std::vector<bool> expanded(diagram.boxes.size()), result(diagram.boxes.size());
  for (size_t i = 0; i < expanded.size(); ++i) expanded[i] = open[i] > 0 && open[i] >= shut[i];
  spread_outwards(diagram, expanded);
  std::vector<int> depth(diagram.boxes.size(), -1);  // of the root's own blocks: 0
  for (size_t i = 1; i < diagram.boxes.size(); ++i) {
    depth[i] = depth[static_cast<size_t>(diagram.boxes[i].parent)] + 1;
    if (!is_block(diagram, i) || expanded[i]) continue;
    const bool too_deep = options.depth >= 0 && depth[i] >= options.depth;
    result[i] = shut[i] > 0 || diagram.boxes[i].shut || too_deep;
  }
  return result;
}

}  // namespace orrery
