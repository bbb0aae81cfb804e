#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>

#include "runtime/history/pending_rows.h"
#include "runtime/history/profile_ledger.h"
#include "runtime/history/run_rows.h"

namespace orrery {

/// How a run ends.
struct RunEnd {
  RunStatus status;
  std::string reason;
  UnixMilliseconds at;
};

/// Where the rows of one run go: into its history; or, when that cannot be written, into a side file, a
/// history of the same schema that `merge_history` takes: `orrery-RUN.lost.db` beside `orrery.db`, or in the
/// folder for temporary files.
///
/// A passing trouble (locked, disk full, a failed read or write) keeps the rows and tries again with the next
/// ones; the side file is begun with the run's end, or when too many wait. A lasting one (another format,
/// deleted, a newer version) begins it at once. Nothing here throws but `RunSink` itself.
///
/// One thread at a time; but `run_id` and `take_warning` are for any.
class RunSink {
 public:
  /// Begins the run. Throws a usage Error for a given name that cannot be one, and for nothing else.
  RunSink(std::filesystem::path path, std::chrono::milliseconds patience, RunInfo run, UnixMilliseconds now);

  const std::string& name() const { return name_; }
  /// In the history itself; 0 while it is not there.
  std::int64_t run_id() const { return run_id_; }

  /// Writes the rows, with what waited, in one transaction.
  void write(PendingRows rows, UnixMilliseconds now);
  /// The same, and closes the run and the file.
  void finish(PendingRows rows, RunEnd end);
  /// These rows will not come.
  void lose(const RowCounts& rows) { lost_ += rows; }

  /// The trouble that was not told yet.
  std::optional<std::string> take_warning();
  /// A sentence on what is not in the history and where it is; empty when all is in.
  std::string loss() const;

 private:
  struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const FileIdentity&) const = default;
  };
  static FileIdentity identity_of(const std::filesystem::path& path);

  void take(PendingRows rows);
  void judge(PendingRows& rows);
  template <class Row>
  bool is_refused(const Row& row, const std::string& of);
  void flush(UnixMilliseconds now);
  void open_if_needed(UnixMilliseconds now);
  void write_pending(UnixMilliseconds now);
  void stumble(const std::string& message, bool passing, UnixMilliseconds now);
  void step_aside(UnixMilliseconds now);
  bool begin_aside(const std::filesystem::path& folder, UnixMilliseconds now);
  void write_aside(UnixMilliseconds now);
  void give_up();
  void warn(const std::string& message);

  const std::filesystem::path path_;
  const std::chrono::milliseconds patience_;
  RunInfo run_;
  const std::uint64_t chance_;
  std::string uid_;
  std::string name_;
  const UnixMilliseconds started_;
  std::unique_ptr<RunRows> rows_;
  FileIdentity file_;
  std::atomic<std::int64_t> run_id_{0};
  PendingRows pending_;
  ProfileLedger blocks_, nodes_;
  RowCounts lost_, aside_;
  std::optional<RunEnd> end_;
  std::mutex warning_mutex_;
  std::optional<std::string> warning_;
  std::filesystem::path side_;  ///< empty: none
  std::int64_t last_line_ = 0;
  bool name_is_in_ = false, end_is_in_ = false;
  bool hurried_ = false;
  bool stopped_ = false;
  bool warned_ = false;
};

}  // namespace orrery
