#include <algorithm>

#include <fmt/format.h>

#include "renderers/diagram/step_frames.h"
#include "renderers/diagram/time_steps.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

bool shows_time(const Node& node) {
  if (!node.descriptor() || node.descriptor()->category != Category::recurrent) return false;
  return node.descriptor()->loop != Descriptor::LoopEnd::none || reads_sequence(node);
}

}  // namespace

void require_time(const Diagram& diagram, const Graph& graph, TimeView view) {
  const bool ticks = std::any_of(diagram.boxes.begin(), diagram.boxes.end(),
                                 [](const DiagramBox& box) { return !box.ticks.empty(); });
  if (ticks || std::any_of(graph.nodes().begin(), graph.nodes().end(),
                           [](const auto& node) { return shows_time(*node); }))
    return;
  throw Error(Fault::usage,
              fmt::format("the style '{}' shows steps of time, and '{}' has none: no g:tick(), no recurrent "
                          "layer (nn.RNN, nn.LSTM, nn.GRU) and no orrery.scan",
                          view == TimeView::rolled ? "rolled" : "unrolled", graph.name()),
              {},
              "Call g:tick() at the end of each turn of the loop that builds the steps, or draw with the "
              "style 'box'.");
}

}  // namespace orrery
