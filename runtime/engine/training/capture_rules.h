#pragma once

#include <string>

#include <c10/core/Device.h>

#include "runtime/engine/training/training_events.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// Why the steps of a run cannot be captured as graphs of its device, as far as that is known before the
/// first: they need the host, or change from one to the next. Empty: nothing speaks against it. `events`: who
/// is told; null: not known. REQUIRES: the graph is finalized.
std::string why_not_captured(const Graph& graph, const Manager& manager, const at::Device& device,
                             const TrainingEvents* events);

/// The manager insists on it: cuda_graphs = true.
bool insists_on_capture(const Manager& manager);

/// Throws `Error(Fault::usage)` for a manager that insists on what cannot be had.
[[noreturn]] void refuse_capture(const Graph& graph, const Manager& manager, const std::string& why);

}  // namespace orrery
