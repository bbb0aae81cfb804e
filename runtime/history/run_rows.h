#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/history/cost_rows.h"
#include "runtime/history/database.h"
#include "runtime/history/liveness.h"
#include "runtime/history/log_rows.h"
#include "runtime/history/records.h"

namespace orrery {

/// The rows of one run as SQL: each method writes one row inside the caller's transaction and throws
/// DatabaseError when SQLite refuses. Owns the connection. One thread.
class RunRows {
 public:
  explicit RunRows(Database db);
  RunRows(const RunRows&) = delete;
  RunRows& operator=(const RunRows&) = delete;

  /// Inserts the run (and its graph, unless an equal one is there) in a transaction of its own.
  /// `chance` chooses the words of a made name. Returns the name that the run got.
  std::string begin(const RunInfo& run, const ProcessIdentity& process, UnixMilliseconds now,
                    std::uint64_t chance, const std::string& uid);

  /// Writes on for a run that is there already; false when there is none of that name.
  bool take_up(const std::string& name);

  std::int64_t run_id() const { return run_id_; }
  /// It was there already: `begin` goes on with it.
  bool went_on() const { return went_on_; }
  const std::string& uid() const { return uid_; }
  Database& database() { return db_; }

  void write(const EpochRecord& epoch, UnixMilliseconds ended);
  void write(const MetricRecord& metric);
  void write(const StepRecord& value);
  void write(const ArtifactRecord& artifact, UnixMilliseconds now);
  void write_tag(const std::string& tag);
  void write_note(const std::string& text, UnixMilliseconds now);
  void heartbeat(UnixMilliseconds now);
  void finish(RunStatus status, const std::string& reason, UnixMilliseconds now);
  /// A metric that is better when larger.
  void write_rising(const std::string& metric);
  /// To be called after a rollback: what the transaction had made is not there.
  void forget();

  CostRows& costs() { return costs_; }
  LogRows& logs() { return logs_; }

 private:
  std::string free_name(const RunInfo& run, std::uint64_t chance, std::int64_t number);
  bool taken(const std::string& name);
  bool open_again(const RunInfo& run, const ProcessIdentity& process, UnixMilliseconds now);
  std::optional<std::int64_t> project_id(const std::string& project);
  void follow(std::int64_t run_id);

  Database db_;
  std::int64_t run_id_ = 0;
  std::string uid_;
  bool went_on_ = false;
  CostRows costs_;
  LogRows logs_;
  Statement epoch_, metric_, step_, artifact_, heartbeat_;
};

}  // namespace orrery
