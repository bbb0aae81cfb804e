#pragma once

#include <atomic>

namespace orrery {

/// Turns SIGINT (Ctrl-C) and SIGTERM into a stop flag while it lives; for programs only, never for a
/// library inside another host. The first signal stores its number in `stop` and calls `also`; a
/// second one ends the process at once by its default action. SIGUSR1, which asks to save and go on, is
/// counted. One at a time in a process.
class StopSignals {
 public:
  /// `also` runs inside the signal handler: it may only do what is safe there. Both must outlive this.
  StopSignals(std::atomic<int>& stop, void (*also)(void* argument), void* argument);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};

/// How often SIGUSR1 came while a StopSignals lived.
int saves_asked();

}  // namespace orrery
