#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/history/database.h"
#include "runtime/history/log_rows.h"
#include "runtime/history/records.h"

namespace orrery {

/// Cuts what comes from one stream into lines, as `seen_on_terminal`. One thread.
class LineCutter {
 public:
  explicit LineCutter(LogLine::Stream stream) : stream_(stream) {}

  /// Appends the lines that `bytes` completes.
  void add(std::string_view bytes, UnixMilliseconds now, std::vector<LogLine>& lines);
  /// Appends what has no end yet.
  void finish(UnixMilliseconds now, std::vector<LogLine>& lines);

 private:
  LogLine::Stream stream_;
  std::string open_;
};

/// Keeps the captured output of a run that another process writes: rows of `logs`, as many as `LogRows`
/// keeps. Nothing here throws because of the file: lines that do not get in wait, the newest of them at most
/// so many, too. Owns its connection. One thread.
class KeptOutput {
 public:
  /// A run by its name; it need not be there yet.
  KeptOutput(std::filesystem::path history, std::string run,
             std::chrono::milliseconds patience = std::chrono::milliseconds(2000));

  void add(std::vector<LogLine> lines);
  /// Writes what waits; false when it could not.
  bool flush();
  /// What could not be written; they no longer wait.
  std::vector<LogLine> take_waiting() { return std::move(waiting_); }

  /// The run's process is gone. A run that it left open is `interrupted`, for this reason.
  void ended(const std::string& reason, UnixMilliseconds now);

 private:
  bool find_run();
  void write();

  std::filesystem::path path_;
  std::string run_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<Database> db_;
  std::unique_ptr<LogRows> rows_;  ///< once the run is found
  std::int64_t run_id_ = 0;
  std::vector<LogLine> waiting_;
  std::int64_t dropped_ = 0;
};

}  // namespace orrery
