#pragma once

#include <vector>

#include "runtime/engine/training/checkpoint.h"

namespace orrery {

/// The states of all of an engine's generators, as tensors: `generator.cpu`, `generator.cuda.0`.
std::vector<NamedTensor> generator_states(Engine& engine);
/// Sets those that are named; generators of devices that are not here are passed over.
void set_generator_states(Engine& engine, const Checkpoint& from);

}  // namespace orrery
