#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/history/database.h"
#include "runtime/history/records.h"

namespace orrery {

/// One line that a program printed, without its end.
struct OutputLine {
  /// Of stderr, else of stdout.
  bool error = false;
  UnixMilliseconds at = 0;
  std::string text;
};

/// Cuts what comes from one stream into lines. A line of more than 4 KiB is cut there and marked with `…`;
/// what a terminal would draw over (behind a carriage return) is left out. One thread.
class LineCutter {
 public:
  explicit LineCutter(bool error) : error_(error) {}

  /// Appends the lines that `bytes` completes.
  void add(std::string_view bytes, UnixMilliseconds now, std::vector<OutputLine>& lines);
  /// Appends what has no end yet.
  void finish(UnixMilliseconds now, std::vector<OutputLine>& lines);

 private:
  bool error_;
  std::string open_;
};

/// Keeps the captured output of a run that another process writes: rows of `logs`. The first 2,000 lines and
/// the newest 18,000 stay. Nothing here throws because of the file: lines that do not get in wait, 20,000 of
/// them at most. Owns its connection. One thread.
class KeptOutput {
 public:
  static constexpr std::int64_t kFirst = 2'000;
  static constexpr std::int64_t kNewest = 18'000;

  /// A run by its name; it need not be there yet.
  KeptOutput(std::filesystem::path history, std::string run,
             std::chrono::milliseconds patience = std::chrono::milliseconds(2000));

  void add(std::vector<OutputLine> lines);
  /// Writes what waits; false when it could not.
  bool flush();
  /// What could not be written; they no longer wait.
  std::vector<OutputLine> take_waiting() { return std::move(waiting_); }

  /// The run's process is gone. A run that it left open is `interrupted`, for this reason.
  void ended(const std::string& reason, UnixMilliseconds now);

 private:
  bool find_run();
  void write();

  std::filesystem::path path_;
  std::string run_;
  std::chrono::milliseconds patience_;
  std::optional<Database> db_;
  std::int64_t run_id_ = 0;
  std::vector<OutputLine> waiting_;
};

}  // namespace orrery
