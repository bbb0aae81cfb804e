#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/history/cell.h"
#include "runtime/history/database.h"
#include "runtime/history/exported_run.h"
#include "runtime/history/graph_changes.h"
#include "runtime/history/liveness.h"
#include "runtime/history/records.h"
#include "runtime/history/run_listing.h"
#include "runtime/history/user_sql.h"

namespace orrery {

/// All that the history knows of one run. Tables have the columns of the views they come from
/// (docs/history.md), without run_id and run.
struct RunDetail {
  /// One row of `run_summary`.
  Table summary;
  std::string uid;
  std::string orrery_version;
  std::string libtorch_version;
  std::string working_folder;
  /// The arguments as the program got them.
  std::vector<std::string> command;
  std::string config_json;
  /// Key, type and value of the config's first level.
  Table config;
  std::string script_text;
  std::string script_hash;
  /// `epoch_metrics`; a value that was NaN is a NaN.
  Table metrics;
  /// `metric_range`: lowest, highest and last value, each with its epoch.
  Table ranges;
  /// `block_cost`: own and with the blocks inside, over the whole run.
  Table blocks;
  /// `part_cost`: where the time of the steps went; the row `step` is their sum.
  Table parts;
  Table artifacts;
  Table notes;
  /// The newest `RunDetail::kEvents` of `run_events`, in their order.
  static constexpr int kEvents = 50;
  Table events;
  /// The run's row of `machines`; no row where it is not known.
  Table machine;
  /// Metrics of the run that are better the larger they are.
  std::vector<std::string> rising;
};

/// Reads a history. Opening writes `interrupted` into the rows of runs whose process has ended, and brings
/// an older file forward, where the file may be written; a file on a read-only medium is read as it is.
/// Afterwards nothing is changed. One thread at a time. Errors are thrown (`Error`).
class HistoryReader {
 public:
  explicit HistoryReader(const std::filesystem::path& path, const WallClock& clock = machine_clock,
                         std::chrono::milliseconds patience = std::chrono::milliseconds(2000));

  /// See `list_runs`.
  Table list(const RunFilter& filter = {}) const;

  /// See `resolve_run`.
  std::int64_t resolve(std::string_view text) const;

  /// See `more_is_better` of run_field.h.
  bool more_is_better(std::string_view name) const;

  /// The run must be there (`resolve` gives such an id).
  RunDetail show(std::int64_t run_id) const;

  /// `block_cost` of a run: each block with itself and with the blocks inside, over the whole run.
  Table blocks(std::int64_t run_id) const;

  /// `node_cost` of a run, in the order of the step; no rows where nodes were not profiled.
  Table nodes(std::int64_t run_id) const;

  /// How the graphs of two runs differ, see `graph_changes`; nothing where one of them has no graph.
  std::vector<GraphChange> graph_changes(std::int64_t before, std::int64_t after) const;

  /// A table of `block_epochs`: every quantity of every block and epoch of a run.
  Table block_epochs(std::int64_t run_id) const;

  /// What other tools take of a run. Throws a usage Error when it is not there.
  ExportedRun exported(std::int64_t run_id) const;

  /// See `run_user_sql`.
  void sql(const std::string& text, const SqlLimits& limits, const RowSink& sink);

  const std::filesystem::path& path() const { return db_.path(); }

 private:
  Table run_table(const std::string& sql, std::int64_t run_id) const;

  Database db_;
};

}  // namespace orrery
