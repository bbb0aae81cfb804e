#include "runtime/history/liveness.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <unistd.h>

#include <fmt/core.h>

namespace orrery {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string link_target(const std::string& path) {
  std::error_code error;
  return std::filesystem::read_symlink(path, error).string();
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

// The second field is the program's name in parentheses, which may itself hold blanks and parentheses.
// A zombie (state Z) has ended, though its entry remains until its parent asks.
std::int64_t start_ticks(std::int64_t process_id) {
  const std::string stat = first_line(fmt::format("/proc/{}/stat", process_id));
  const std::size_t end = stat.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(end + 1));
  const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
  constexpr std::size_t kState = 0, kStartTime = 19;
  if (words.size() <= kStartTime || words[kState] == "Z" || words[kState] == "X") return 0;
  return std::stoll(words[kStartTime]);
}

}  // namespace

ProcessIdentity this_process() {
  return {.host = host_name(),
          .boot_id = first_line("/proc/sys/kernel/random/boot_id"),
          .pid_namespace = link_target("/proc/self/ns/pid"),
          .process_id = getpid(),
          .start_ticks = start_ticks(getpid())};
}

bool has_ended(const ProcessIdentity& writer, UnixMilliseconds heartbeat, const ProcessIdentity& observer,
               UnixMilliseconds now) {
  const bool same_boot = !writer.boot_id.empty() && writer.boot_id == observer.boot_id;
  if (same_boot && writer.pid_namespace == observer.pid_namespace) {
    return start_ticks(writer.process_id) != writer.start_ticks;
  }
  const bool known_boots = !writer.boot_id.empty() && !observer.boot_id.empty();
  if (known_boots && !same_boot && writer.host == observer.host) return true;
  return now - heartbeat > kSilenceLimit;
}

}  // namespace orrery
