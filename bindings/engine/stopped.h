#pragma once

#include "runtime/engine/execution/executor.h"

namespace orrery::lua {

/// A signal that came while a function of the script ran stops the run like any other: throws `Stopped` where
/// that is what the function failed with.
inline void throw_if_stopped(const Runtime& runtime, Fault failure) {
  const int signal = runtime.stop.load(std::memory_order_relaxed);
  const bool stopped = failure == Fault::interrupted || failure == Fault::terminated;
  if (signal && stopped) throw Stopped(signal);
}

}  // namespace orrery::lua
