#include "runtime/history/stopping.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/history/liveness.h"

namespace orrery {
namespace {

constexpr const char* kStopThere = "Stop it there: orrery history stop RUN.";

struct Running {
  std::string name;
  ProcessIdentity process;
  UnixMilliseconds heartbeat = 0;
};

Running read_running(const Database& db, std::int64_t run_id) {
  Statement run = db.prepare(
      "SELECT name, status, host, boot_id, pid_namespace, process_id, process_start_ticks, heartbeat_unix_ms "
      "FROM runs WHERE run_id = ?");
  run.bind(1, run_id);
  check(run.step(), Fault::usage, "there is no run {} in {}", run_id, db.path().string());
  check(run.text(1) == "running", Fault::usage, "{} is over: {}", run.text(0), run.text(1));
  return {run.text(0),
          {.host = run.text(2),
           .boot_id = run.text(3),
           .pid_namespace = run.text(4),
           .process_id = run.integer(5),
           .start_ticks = run.integer(6)},
          run.integer(7)};
}

void require_here(const Running& run, const ProcessIdentity& here) {
  if (run.process.host != here.host) {
    throw Error(Fault::usage,
                fmt::format("{} runs on {}, and this is {}", run.name, run.process.host, here.host), {},
                kStopThere);
  }
  const bool same_boot = !here.boot_id.empty() && run.process.boot_id == here.boot_id;
  if (same_boot && run.process.pid_namespace == here.pid_namespace) return;
  throw Error(Fault::usage, fmt::format("{} runs in another container of {}", run.name, here.host), {},
              kStopThere);
}

// Bit n - 1 of the line `SigIgn:` is signal n.
bool ignores(std::int64_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("SigIgn:")) continue;
    return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1)) & 1;
  }
  return false;
}

/// Holds on to one process: what is sent cannot reach a later one with the same number.
class ProcessHandle {
 public:
  explicit ProcessHandle(std::int64_t process)
      : process_(static_cast<pid_t>(process)),
        file_(static_cast<int>(syscall(SYS_pidfd_open, process_, 0))) {}
  ~ProcessHandle() {
    if (file_ >= 0) close(file_);
  }
  ProcessHandle(const ProcessHandle&) = delete;
  ProcessHandle& operator=(const ProcessHandle&) = delete;

  // 0 or the reason.
  int send(int signal) const {
    const long sent =
        file_ >= 0 ? syscall(SYS_pidfd_send_signal, file_, signal, nullptr, 0) : kill(process_, signal);
    return sent == 0 ? 0 : errno;
  }

 private:
  pid_t process_;
  int file_;  ///< -1 before Linux 5.3
};

}  // namespace

std::int64_t ask_to_stop(const Database& db, std::int64_t run_id) {
  const Running run = read_running(db, run_id);
  const ProcessIdentity here = this_process();
  require_here(run, here);
  const ProcessHandle process(run.process.process_id);
  check(!has_ended(run.process, run.heartbeat, here, machine_clock()), Fault::usage,
        "the process of {} has ended already", run.name);
  const int reason = process.send(ignores(run.process.process_id, SIGINT) ? SIGTERM : SIGINT);
  check(reason == 0, Fault::run, "{} (process {}) cannot be stopped: {}", run.name, run.process.process_id,
        std::strerror(reason));
  return run.process.process_id;
}

}  // namespace orrery
