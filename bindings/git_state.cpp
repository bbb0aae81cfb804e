#include "bindings/git_state.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace orrery::lua {
namespace {

// What a command prints; nothing when it cannot be started or fails. No shell reads the folder's name.
std::optional<std::string> output_of(std::vector<std::string> words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  char buffer[4096];
  ssize_t size = 0;
  while (!failed && (size = read(ends[0], buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<size_t>(size));
  close(ends[0]);
  int status = 0;
  if (failed || waitpid(child, &status, 0) != child || status != 0) return std::nullopt;
  return text;
}

}  // namespace

std::optional<GitState> git_state(const std::string& folder) {
  auto told = output_of({"git", "-C", folder, "rev-parse", "--show-toplevel", "HEAD^{commit}"});
  if (!told) return std::nullopt;
  while (!told->empty() && told->back() == '\n') told->pop_back();
  const size_t end = told->rfind('\n');
  if (end == told->npos) return std::nullopt;
  const auto changes = output_of({"git", "-C", folder, "status", "--porcelain", "--untracked-files=no"});
  return GitState{told->substr(0, end), told->substr(end + 1), changes.has_value() && !changes->empty()};
}

}  // namespace orrery::lua
