#pragma once

#include <cstdint>

#include "runtime/history/database.h"
#include "runtime/history/records.h"

namespace orrery {

/// Of what a run prints, the last lines are kept: so many, of so many bytes together. Longer lines are cut.
inline constexpr std::int64_t kLogLines = 10'000;
inline constexpr std::int64_t kLogBytes = 4 << 20;
inline constexpr std::size_t kLogLineBytes = 16 << 10;
/// Of what happens in a run, the first are kept.
inline constexpr std::int64_t kEvents = 10'000;

/// The rows of what a run printed and of what happened in it. Inside the caller's transaction; throws
/// DatabaseError when SQLite refuses.
class LogRows {
 public:
  explicit LogRows(const Database& db);

  /// Lines go on behind those that the run has.
  void begin(std::int64_t run_id) { run_id_ = run_id; }
  void write(const LogLine& line);
  void write(const EventRecord& event);
  /// Drops the oldest lines that are too many, and counts them with those that were dropped before.
  void trim(std::int64_t dropped);
  /// The last line's number, and how to go on behind it in another file.
  std::int64_t last_line() const { return last_line_; }
  void go_on_behind(std::int64_t line) {
    last_line_ = line;
    counted_ = true;
  }
  /// To be called after a rollback: what the transaction had made is not there.
  void forget() { counted_ = false; }

 private:
  void count_what_is_there();
  std::int64_t drop_oldest();

  const Database& db_;
  std::int64_t run_id_ = 0;
  bool counted_ = false;
  std::int64_t lines_ = 0, bytes_ = 0, last_line_ = 0, events_ = 0;
  Statement line_, event_;
};

}  // namespace orrery
