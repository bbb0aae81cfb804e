#pragma once

#include <memory>

#include "runtime/engine/engine.h"
#include "runtime/engine/training/updater.h"

namespace orrery {

/// The executed form of an optimizer over the engine's tensors: the one that it has, with its momenta, else
/// a new one. Parameters that moved to another device take the state along. Where `graph` is given, the
/// state is named by the graph's keys.
std::shared_ptr<Updater> executed(Engine& engine, Optimizer& optimizer, const Graph* graph = nullptr);

}  // namespace orrery
