#pragma once

#include <optional>
#include <string>

#include "runtime/history/cell.h"
#include "runtime/history/database.h"
#include "runtime/history/records.h"

namespace orrery {

/// Which runs to list, and what of them; an empty field asks for nothing.
struct RunFilter {
  std::optional<RunStatus> status;
  std::string tag;
  /// Part of the name, whatever its case.
  std::string name_part;
  /// Runs of that architecture only.
  std::string structural_hash;
  /// Runs of the architecture of this one, as `resolve_run` takes it.
  std::string like;
  /// See `run_condition`.
  std::string where;
  /// Names as `RunField` says, separated by commas, `-` before one that falls: `status,-val_loss`. Runs that
  /// lack it come last; those that are equal, newest first.
  std::string sort;
  /// Names as `RunField` says, separated by commas: these columns, under these names, instead of the usual.
  std::string columns;
  /// Among the usual columns those settings of the configs that differ between the runs, as `config.lr`.
  bool settings = false;
  /// 0: all.
  std::int64_t limit = 0;
};

/// Newest first unless sorted. The usual columns: run_id, run, status, started, seconds, epochs, then the
/// last value of every metric that a listed run has (`train_loss`, `validation_accuracy`, …), then device,
/// parameter_count, tags, exit_reason. A metric that was NaN is a NaN, what a run lacks NULL.
Table list_runs(const Database& db, const RunFilter& filter);

}  // namespace orrery
