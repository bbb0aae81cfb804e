#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/history/database.h"
#include "runtime/history/liveness.h"
#include "runtime/history/records.h"

namespace orrery {

/// The rows of one run as SQL: each method writes one row inside the caller's transaction and throws
/// DatabaseError when SQLite refuses. Owns the connection. One thread.
class RunRows {
 public:
  explicit RunRows(Database db);

  /// Inserts the run (and its graph, unless an equal one is there) in a transaction of its own.
  /// `chance` chooses the words of a made name. Returns the name that the run got.
  std::string begin(const RunInfo& run, const ProcessIdentity& process, UnixMilliseconds now,
                    std::uint64_t chance, const std::string& uid);

  /// Writes on for a run that is there already; false when there is none of that name.
  bool take_up(const std::string& name);

  std::int64_t run_id() const { return run_id_; }
  Database& database() { return db_; }

  void write(const EpochRecord& epoch, UnixMilliseconds ended);
  void write(const MetricRecord& metric);
  void write(const StepRecord& value);
  /// A row of `block_profiles`; the same epoch again is merged into it.
  void write_profile(std::int64_t epoch, const BlockProfileRecord& row);
  /// A row of `block_sizes`, valid from that epoch on.
  void write_size(std::int64_t from_epoch, const BlockProfileRecord& row);
  void write_total(const BlockProfileRecord& total);
  void write(const ArtifactRecord& artifact, UnixMilliseconds now);
  void write_tag(const std::string& tag);
  void write_note(const std::string& text, UnixMilliseconds now);
  void heartbeat(UnixMilliseconds now);
  void finish(RunStatus status, const std::string& reason, UnixMilliseconds now);
  /// To be called after a rollback: what the transaction had made is not there.
  void forget_blocks() { blocks_.clear(); }

 private:
  std::string free_name(const RunInfo& run, std::uint64_t chance, std::int64_t number);
  bool taken(const std::string& name);
  bool open_again(const RunInfo& run, const ProcessIdentity& process, UnixMilliseconds now);
  std::optional<std::int64_t> find_or_add_graph(const std::optional<GraphRecord>& graph);
  std::int64_t add_graph(const GraphRecord& graph, const std::string& text_hash);
  std::int64_t block_id(const std::string& raw_path);
  std::int64_t add_block(const BlockRecord& block);

  Database db_;
  std::int64_t run_id_ = 0;
  std::optional<std::int64_t> graph_id_;
  std::unordered_map<std::string, std::int64_t> blocks_;
  Statement find_block_, add_block_, epoch_, metric_, step_, profile_, size_, total_, artifact_, heartbeat_;
};

}  // namespace orrery
