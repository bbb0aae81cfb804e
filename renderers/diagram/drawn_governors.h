#pragma once

#include <set>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// An optimizer with its schedules, or a saver, as a diagram tells of it.
struct DrawnGovernor {
  std::string path;                    ///< `optimizer`, `saver_2`
  std::string title;                   ///< `AdamW`, `Saver`
  std::string detail;                  ///< `lr 0.001, weight decay 0.1`; `best.safetensors, best`
  std::vector<std::string> schedules;  ///< `StepLR, step size 5`
  std::vector<Value> reads;            ///< the loss that it follows, or computed values that it writes
  std::set<const Parameter*> tensors;  ///< what it updates or writes
  std::set<const Parameter*> all;      ///< what it could: all that are trained, or all of the model
};

/// Those of a graph, optimizers first. Texts are safe to be drawn.
std::vector<DrawnGovernor> drawn_governors(const Graph& graph);

}  // namespace orrery
