#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

struct Step {
  int net, sink, box;
};

struct Leaves {
  std::vector<std::vector<Step>> next;  // by box
  std::vector<int> height;              // boxes on the longest way on; 0 inside a cycle of folded blocks
};

Leaves leaves_of(const Sketch& sketch) {
  Leaves leaves{std::vector<std::vector<Step>>(sketch.boxes.size()),
                std::vector<int>(sketch.boxes.size(), 0)};
  std::vector<std::vector<int>> before(sketch.boxes.size());
  std::vector<size_t> missing(sketch.boxes.size(), 0);
  for (size_t net = 0; net < sketch.nets.size(); ++net)
    for (size_t sink = 0; sink < sketch.nets[net].sinks.size(); ++sink) {
      if (sketch.nets[net].sinks[sink].way != Sink::Way::layers) continue;
      const int from = sketch.nets[net].source, to = sketch.nets[net].sinks[sink].box;
      leaves.next[from].push_back({static_cast<int>(net), static_cast<int>(sink), to});
      before[to].push_back(from);
      ++missing[from];
    }
  std::vector<int> ready;
  for (size_t box = 0; box < sketch.boxes.size(); ++box)
    if (missing[box] == 0 && !sketch.boxes[box].frame) ready.push_back(static_cast<int>(box));
  while (!ready.empty()) {
    const int box = ready.back();
    ready.pop_back();
    ++leaves.height[box];
    for (int from : before[box]) {
      leaves.height[from] = std::max(leaves.height[from], leaves.height[box]);
      if (--missing[from] == 0) ready.push_back(from);
    }
  }
  for (size_t box = 0; box < sketch.boxes.size(); ++box)
    if (missing[box] > 0) leaves.height[box] = 0;
  return leaves;
}

// The middle one of the highest: equal branches then lie on both sides of it.
const Step* middle_of_highest(std::vector<Step>& steps, const std::vector<int>& height) {
  std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.box < b.box; });
  int most = 0;
  for (const Step& step : steps) most = std::max(most, height[step.box]);
  std::vector<const Step*> best;
  for (const Step& step : steps)
    if (most > 0 && height[step.box] == most && (best.empty() || best.back()->box != step.box))
      best.push_back(&step);
  return best.empty() ? nullptr : best[(best.size() - 1) / 2];
}

}  // namespace

void mark_main(Plan& plan, const Sketch& sketch) {
  Leaves leaves = leaves_of(sketch);
  const auto highest = std::max_element(leaves.height.begin(), leaves.height.end());
  int box = static_cast<int>(highest - leaves.height.begin());
  while (const Step* step = middle_of_highest(leaves.next[box], leaves.height)) {
    for (const Piece& piece : plan.pieces[step->net][step->sink])
      plan.interiors[piece.frame].links[piece.link].main = true;
    box = step->box;
  }
}

}  // namespace orrery::layout
