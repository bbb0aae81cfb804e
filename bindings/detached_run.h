#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace orrery::lua {

/// A program that runs in the background, as the one who began it sees it.
struct Detached {
  pid_t process = 0;    ///< the program's own
  std::string history;  ///< of its first run, absolute; empty while it has none
  std::string run;
  std::string log;           ///< the file that has what it prints before its first run; empty: none
  std::optional<int> ended;  ///< its exit code, 128 + n after signal n, when it ended without a run
  std::string output;        ///< then: what it printed
};

/// Starts a program in a session of its own, with nothing to read, and a process beside it that keeps what it
/// prints in the history of its runs. Returns when its first run has begun, when it has ended, or after
/// `patience_ms`; then what it prints goes to the file `log` until a run begins. `stop`, once set, ends the
/// program as it would have ended this one.
///
/// Forks and goes on in the child: no other thread may live in this process.
Detached run_detached(const std::vector<std::string>& arguments, const std::string& log, int patience_ms,
                      const std::atomic<int>& stop);

}  // namespace orrery::lua
