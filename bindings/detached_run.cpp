#include "bindings/detached_run.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/history/background.h"
#include "runtime/history/kept_output.h"

namespace orrery::lua {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto kBetweenWrites = std::chrono::milliseconds(200);
// Programs that it has started may hold its streams, and print for ever.
constexpr auto kAfterTheEnd = std::chrono::seconds(1);

// Messages are words, each with a NUL behind it; a pipe takes one of them whole.
void send(int file, std::initializer_list<std::string_view> words) {
  std::string message;
  for (const std::string_view word : words) message.append(word).push_back('\0');
  const char* rest = message.data();
  for (std::size_t left = message.size(); left > 0;) {
    const ssize_t written = ::write(file, rest, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest += written;
    left -= static_cast<std::size_t>(written);
  }
}

// The words of a whole number of messages of `count`, taken from the front of `bytes`.
std::optional<std::vector<std::string>> take_words(std::string& bytes, std::size_t count) {
  std::vector<std::string> words;
  std::size_t from = 0;
  for (; words.size() < count; from = words.back().size() + from + 1) {
    const std::size_t end = bytes.find('\0', from);
    if (end == std::string::npos) return std::nullopt;
    words.push_back(bytes.substr(from, end - from));
  }
  bytes.erase(0, from);
  return words;
}

// How a program went that did not end by itself.
std::string ended_by(int signal) {
  if (signal == SIGKILL) return "was killed (SIGKILL)";
  return fmt::format("was ended by signal {} ({})", signal, strsignal(signal));
}

struct Pipe {
  Pipe() { check(pipe2(ends, O_CLOEXEC) == 0, Fault::run, "no pipe could be made: {}", errno_text(errno)); }
  ~Pipe() { close_reader(), close_writer(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int reader() const { return ends[0]; }
  int writer() const { return ends[1]; }
  void close_reader() { close_end(ends[0]); }
  void close_writer() { close_end(ends[1]); }

 private:
  static void close_end(int& end) {
    if (end >= 0) close(std::exchange(end, -1));
  }
  int ends[2];
};

// What is there now; true while more may come.
bool read_some(int file, std::string& bytes) {
  std::array<char, 1 << 16> buffer;
  const ssize_t count = ::read(file, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  bytes.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

/// The process beside the program: it starts it, keeps what it prints, and lives as long.
class Keeper {
 public:
  Keeper(std::vector<std::string> arguments, std::string log, int patience_ms, int parent,
         const std::atomic<int>& stop)
      : arguments_(std::move(arguments)),
        log_(std::move(log)),
        parent_(parent),
        deadline_(Steady::now() + std::chrono::milliseconds(patience_ms)),
        stop_(stop) {}

  void run() {
    start();
    std::optional<int> status;
    while (!(status = ended())) {
      pass_on_stop();
      listen(100);
      keep_up();
    }
    const auto last = Steady::now() + kAfterTheEnd;
    while (listen(0) && Steady::now() < last) {
    }
    for (LineCutter* each : {&out_, &error_}) each->finish(machine_clock(), lines_);
    finish(*status);
  }

 private:
  void start() {
    process_ = fork();
    if (process_ == 0) become();
    check(process_ > 0, Fault::run, "no process could be made: {}", errno_text(errno));
    output_.close_writer();
    errors_.close_writer();
    told_.close_writer();
    for (const int file : {output_.reader(), errors_.reader(), told_.reader()})
      fcntl(file, F_SETFL, O_NONBLOCK);
  }

  // A shell's background jobs have Ctrl-C ignored; what is started here shall heed `history stop`.
  [[noreturn]] void become() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
    fcntl(told_.writer(), F_SETFD, 0);
    const std::string address = std::to_string(getpid()) + ":" + std::to_string(told_.writer());
    setenv(kBackgroundVariable, address.c_str(), 1);
    std::vector<char*> words;
    for (std::string& word : arguments_) words.push_back(word.data());
    words.push_back(nullptr);
    if (dup2(output_.writer(), STDOUT_FILENO) < 0 || dup2(errors_.writer(), STDERR_FILENO) < 0) _exit(126);
    execv(words[0], words.data());
    _exit(127);
  }

  std::optional<int> ended() const {
    int status = 0;
    const pid_t found = waitpid(process_, &status, WNOHANG);
    if (found == 0 || (found < 0 && errno == EINTR)) return std::nullopt;
    return status;
  }

  void pass_on_stop() {
    const int signal = stop_.load();
    if (signal == 0 || std::exchange(passed_on_, true)) return;
    kill(process_, signal);
  }

  // Reads what the program printed and told; true when there was anything.
  bool listen(int milliseconds) {
    std::array<pollfd, 3> files{
        {{output_.reader(), POLLIN, 0}, {errors_.reader(), POLLIN, 0}, {told_.reader(), POLLIN, 0}}};
    if (poll(files.data(), files.size(), milliseconds) <= 0) return false;
    bool any = false;
    const auto take = [&](pollfd& file, Pipe& pipe, std::string& bytes) {
      if (file.revents == 0) return;
      const std::size_t before = bytes.size();
      if (!read_some(file.fd, bytes)) pipe.close_reader();
      any = any || bytes.size() > before;
    };
    // Lines belong to the run that has begun before them.
    take(files[2], told_, messages_);
    std::string out, error;
    take(files[0], output_, out);
    take(files[1], errors_, error);
    while (const auto words = take_words(messages_, 2)) begin((*words)[0], (*words)[1]);
    out_.add(out, machine_clock(), lines_);
    error_.add(error, machine_clock(), lines_);
    return any;
  }

  void begin(const std::string& history, const std::string& run) {
    if (kept_) settle();
    kept_.emplace(history, run);
    take_back_log();
    tell_parent({"run", history, run, std::to_string(process_)});
  }

  // The lines until now belong to the first run; the file that had them goes.
  void take_back_log() {
    if (!log_file_) return;
    std::fclose(std::exchange(log_file_, nullptr));
    lines_.insert(lines_.begin(), earlier_.begin(), earlier_.end());
    earlier_.clear();
    std::remove(log_.c_str());
  }

  void keep_up() {
    if (!kept_ && Steady::now() >= deadline_) write_log();
    if (!kept_ || Steady::now() - written_ < kBetweenWrites) return;
    kept_->add(std::exchange(lines_, {}));
    kept_->flush();
    written_ = Steady::now();
  }

  // In the file, for people to read, and in memory, as much of it as the history would keep.
  void write_log() {
    if (lines_.empty() && parent_ < 0) return;
    const bool opened = log_file_ || open_log();
    tell_parent({"waits", opened ? log_ : "", "", std::to_string(process_)});
    if (!opened) return;
    for (const LogLine& line : lines_) {
      std::fprintf(log_file_, "%s\n", line.text.c_str());
      if (earlier_.size() < static_cast<std::size_t>(kLogLines)) earlier_.push_back(line);
    }
    lines_.clear();
    std::fflush(log_file_);
  }

  bool open_log() {
    try {
      create_directories(parent_folder(log_));
    } catch (const Error&) {
      return false;
    }
    log_file_ = std::fopen(log_.c_str(), "ae");
    return log_file_ != nullptr;
  }

  void tell_parent(std::initializer_list<std::string_view> words) {
    if (parent_ < 0) return;
    send(parent_, words);
    close(std::exchange(parent_, -1));
  }

  // What the history does not take is kept beside it.
  void settle() {
    kept_->add(std::exchange(lines_, {}));
    if (kept_->flush()) return;
    lines_ = kept_->take_waiting();
    write_log();
    if (log_file_) std::fclose(std::exchange(log_file_, nullptr));
    earlier_.clear();
  }

  void finish(int status) {
    const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (kept_) {
      settle();
      const std::string why =
          WIFSIGNALED(status) ? ended_by(WTERMSIG(status)) : "ended with exit code " + std::to_string(code);
      return kept_->ended("the process " + why + ", without closing the run", machine_clock());
    }
    if (parent_ < 0) return write_log();
    std::string output;
    for (const LogLine& line : lines_) output += line.text + '\n';
    std::erase(output, '\0');
    tell_parent({"ended", std::to_string(code), output, std::to_string(process_)});
  }

  std::vector<std::string> arguments_;
  std::string log_;
  int parent_;  ///< who waits for the beginning; -1: nobody any more
  Steady::time_point deadline_, written_{};
  const std::atomic<int>& stop_;
  pid_t process_ = 0;
  bool passed_on_ = false;
  Pipe output_, errors_, told_;
  std::string messages_;
  LineCutter out_{LogLine::Stream::out}, error_{LogLine::Stream::err};
  std::vector<LogLine> lines_;    ///< neither in a history nor in the file
  std::vector<LogLine> earlier_;  ///< in the file
  std::FILE* log_file_ = nullptr;
  std::optional<KeptOutput> kept_;
};

void leave_terminal() {
  setsid();
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, stream);
}

// Waits for the keeper's one message. Ctrl-C ends the program that was to be left alone.
std::string hear(int file, pid_t keeper, const std::atomic<int>& stop) {
  std::string bytes;
  bool told = false;
  for (bool open = true; open;) {
    pollfd waiting{file, POLLIN, 0};
    if (poll(&waiting, 1, 100) > 0) open = read_some(file, bytes);
    if (stop.load() != 0 && !std::exchange(told, true)) kill(keeper, stop.load());
  }
  return bytes;
}

}  // namespace

Detached run_detached(const std::vector<std::string>& arguments, const std::string& log, int patience_ms,
                      const std::atomic<int>& stop) {
  Pipe answer;
  const pid_t keeper = fork();
  check(keeper >= 0, Fault::run, "no process could be made: {}", errno_text(errno));
  if (keeper == 0) {
    leave_terminal();
    answer.close_reader();
    try {
      Keeper(arguments, log, patience_ms, answer.writer(), stop).run();
    } catch (const std::exception&) {
      _exit(1);
    }
    _exit(0);
  }
  answer.close_writer();
  std::string bytes = hear(answer.reader(), keeper, stop);
  const auto words = take_words(bytes, 4);
  check(words.has_value(), Fault::run,
        "the run in the background was not begun: who keeps its output is gone");
  Detached found{.process = std::stoi((*words)[3])};
  if ((*words)[0] == "run") {
    found.history = (*words)[1];
    found.run = (*words)[2];
  } else if ((*words)[0] == "waits") {
    found.log = (*words)[1];
  } else {
    found.ended = std::stoi((*words)[1]);
    found.output = (*words)[2];
  }
  return found;
}

}  // namespace orrery::lua
