#pragma once

#include <cstdint>

#include "runtime/engine/engine.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// The engine as a run with these options of a manager wants it: with CUDA where its device asks for it, with
/// its seed, with its threads, which are otherwise the engine's own, as many as the process may use at most.
Engine& engine_of_run(Runtime& runtime, const Graph& graph, const Attributes& options);
/// What data without a seed of their own are drawn from: the run's seed, else the engine's.
std::uint64_t seed_of_run(Engine& engine, const Attributes& options);

}  // namespace orrery
