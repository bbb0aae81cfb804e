#pragma once

#include <cstdint>
#include <memory>

#include "runtime/engine/data/loader.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// What a run reads: the manager's data as far as its limits (loop_controls.h) go. Takes no turn of the
/// engine. Throws `Error(Fault::usage)` when there are no data to train on, or less than a batch of them.
struct RunData {
  Loader train;
  std::unique_ptr<Loader> validation;  ///< null without validation

  static RunData of(const Manager& manager, std::uint64_t seed, const at::Device& device);
};

}  // namespace orrery
