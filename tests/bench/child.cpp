#include "tests/bench/child.h"

#include <array>
#include <fcntl.h>
#include <memory>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/error.h"
#include "runtime/files/file_descriptor.h"
#include "tests/bench/stopwatch.h"
#include "tests/files/temporary_folder.h"

namespace orrery::bench {
namespace {

std::string text_of(const Command& command) {
  std::string text;
  for (const std::string& word : command) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// A process in a folder of its own; standard output goes to a pipe, standard error to the file `messages`.
class Child {
 public:
  Child(const Command& command, const TemporaryFolder& folder) : command_(command), folder_(folder) {
    std::array<int, 2> ends{};
    check(pipe2(ends.data(), O_CLOEXEC) == 0, Fault::run, "no pipe for {}", text_of(command));
    output_ = FileDescriptor(ends[0], posix_files());
    const FileDescriptor input(ends[1], posix_files());
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::string messages = folder / "messages";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder.path().c_str());
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    const int refused = posix_spawn(&process_, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    check(refused == 0, Fault::run, "cannot start {}: is it built?", text_of(command));
  }
  ~Child() {
    if (process_ == 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Waits for more output; false at its end.
  bool read() {
    std::array<char, 1 << 16> bytes;
    const ssize_t count = ::read(output_.fd(), bytes.data(), bytes.size());
    if (count > 0) text_.append(bytes.data(), static_cast<size_t>(count));
    return count > 0;
  }
  /// All that was read.
  const std::string& text() const { return text_; }

  /// Returns what it has used.
  rusage expect_success() {
    while (read()) {
    }
    int status = 0;
    rusage used{};
    wait4(process_, &status, 0, &used);
    process_ = 0;
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, Fault::run, "{} failed:\n{}", text_of(command_),
          messages());
    return used;
  }
  /// Waits until all that was read has a text so often.
  void expect_text(const std::string& part, int times) {
    const auto count = [&] {
      int found = 0;
      for (size_t at = text_.find(part); at != std::string::npos; at = text_.find(part, at + 1)) ++found;
      return found;
    };
    while (count() < times) check(read(), Fault::run, "{} ended early:\n{}", text_of(command_), messages());
  }
  void expect_output() {
    const bool any = read();
    check(any, Fault::run, "{} ended without output:\n{}", text_of(command_), messages());
  }

 private:
  std::string messages() const { return content_of(folder_ / "messages"); }

  const Command& command_;
  const TemporaryFolder& folder_;
  FileDescriptor output_;
  std::string text_;
  pid_t process_ = 0;
};

}  // namespace

Times process_times(int repetitions, const Command& command) {
  Times times;
  for (int i = 0; i <= repetitions; ++i) {
    const TemporaryFolder folder;
    const double seconds = seconds_of([&] { Child(command, folder).expect_success(); });
    if (i > 0) times.seconds.push_back(seconds);
  }
  return times;
}

double seconds_to_first_output(const Command& command) {
  const TemporaryFolder folder;
  std::unique_ptr<Child> child;
  return seconds_of([&] {
    child = std::make_unique<Child>(command, folder);
    child->expect_output();
  });
}

Times first_output_times(int repetitions, const Command& command) {
  Times times;
  for (int i = 0; i <= repetitions; ++i) {
    const double seconds = seconds_to_first_output(command);
    if (i > 0) times.seconds.push_back(seconds);
  }
  return times;
}

Times answer_times(int repetitions, const Command& command, const std::string& says,
                   const std::function<void(const std::string& folder)>& change) {
  const TemporaryFolder folder;
  change(folder.path());
  Child child(command, folder);
  child.expect_text(says, 1);
  Times times;
  for (int i = 0; i <= repetitions; ++i) {
    const double seconds = seconds_of([&] {
      change(folder.path());
      child.expect_text(says, i + 2);
    });
    if (i > 0) times.seconds.push_back(seconds);
  }
  return times;
}

double peak_bytes(const Command& command) {
  const TemporaryFolder folder;
  return 1024.0 * static_cast<double>(Child(command, folder).expect_success().ru_maxrss);
}

std::string output_of(const Command& command) {
  const TemporaryFolder folder;
  Child child(command, folder);
  child.expect_success();
  return child.text();
}

}  // namespace orrery::bench
