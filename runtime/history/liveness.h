#pragma once

#include <cstdint>
#include <string>

#include "runtime/history/records.h"

namespace orrery {

/// Which process writes a run, told apart from a later one with the same number.
struct ProcessIdentity {
  std::string host;
  /// Changes with each start of the machine (/proc/sys/kernel/random/boot_id).
  std::string boot_id;
  /// Within which numbers are unique (/proc/self/ns/pid); containers have their own.
  std::string pid_namespace;
  std::int64_t process_id = 0;
  /// When the process began, in clock ticks since the machine's start (/proc/PID/stat, field 22).
  std::int64_t start_ticks = 0;

  bool operator==(const ProcessIdentity&) const = default;
};

/// The calling process. Fields that the system does not tell stay empty or 0.
ProcessIdentity this_process();

/// Silence after which a run that cannot be looked at counts as interrupted: one day.
inline constexpr UnixMilliseconds kSilenceLimit = 24LL * 60 * 60 * 1000;

/// Whether the process that a `running` row names has ended. The rule:
///   1. same boot and same pid namespace as the observer: it has ended unless a process with its number
///      and its start time exists now;
///   2. same host, another boot: it has ended, for the machine was started anew;
///   3. else (another machine, a container) it counts as ended when its last heartbeat is older than
///      `kSilenceLimit`.
bool has_ended(const ProcessIdentity& writer, UnixMilliseconds heartbeat, const ProcessIdentity& observer,
               UnixMilliseconds now);

}  // namespace orrery
