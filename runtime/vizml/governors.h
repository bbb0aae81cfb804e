#pragma once

#include <string>
#include <vector>

#include "runtime/vizml/run.h"

namespace orrery {

/// What a graph's optimizers, manager and savers say, as VizML's nodes would say it. What those cannot say is
/// added to `faults`.
VizmlRun run_of_governors(const Graph& graph, std::vector<std::string>& faults);

}  // namespace orrery
