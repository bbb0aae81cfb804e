#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "runtime/history/database.h"

namespace orrery {

/// The history file, one SQLite database (WAL, foreign keys, STRICT tables). `docs/history.md` explains
/// every column; a test holds it to the file.
///
///     graphs ─────────────< blocks                         quantities (fixed list)
///       graph_id              block_id                       quantity_id, name, unit,
///       structural_hash       graph_id                       is_steady, meaning
///       text_hash             path, title, node_count           │
///       canonical_json        parent_id ──> blocks              │
///       parameter_count          │                              │
///       │                        ├──────────────┬───────────────┤
///       v                        v              v               v
///     runs ─────────────< block_profiles   block_sizes     block_totals
///       run_id, uid, name   run, epoch,      run, block,     run, block, quantity:
///       status, exit_reason block, quantity: quantity,       count, min, max, sum
///       …_unix_ms           count, min, max, from_epoch:     over the whole run
///       process, versions   mean, sum        min, max, mean
///       config_json         (times, peaks)   (bytes, flops: a row holds until the next)
///       script_text …
///       ├──< epochs     run, epoch: seconds, steps, samples, ended_unix_ms
///       ├──< metrics    run, epoch, split, name: value, is_nan
///       ├──< step_metrics  run, split, name, step: epoch, value, is_nan, logged_unix_ms
///       ├──< artifacts  run, path: kind, bytes, hash, written_unix_ms, name, step
///       ├──< tags       run, tag
///       └──< notes      run: text, written_unix_ms
///
///     thread_choices  structural_hash, batch, machine, build: thread_count, chosen_unix_ms
///
/// Views, stable names for people: run_summary, run_config, metric_curve, metric_range, epoch_metrics,
/// step_curve, block_cost, block_epochs.
///
/// Growth: a new version is a new entry at the end of `migrations()`; entries that were released never
/// change (the fixture of each version is kept in tests/history/fixtures).

/// 'ORRY', the file's mark in the SQLite header.
inline constexpr std::int64_t kApplicationId = 0x4F525259;

/// One step from version `version - 1` to `version`, run in one transaction.
struct Migration {
  int version;
  const char* sql;
};

/// Every step, from an empty file to the present version.
std::span<const Migration> migrations();

/// The version that this build writes.
int schema_version();

/// Brings an opened file forward, each step in one transaction that another process may have done before
/// us. The file is empty or a history not newer than the last step; else an Error says what it is.
void migrate(Database& db, std::span<const Migration> steps);

/// Opens the history at `path`. `create` and `write` bring an older one forward; `read` and `frozen`
/// refuse it. Waits at most `patience` for other processes' locks, then and later. Refuses, with words:
/// a missing file (unless `create`), a folder, a pipe or device, another format, another application's
/// SQLite file, a newer version.
Database open_history(const std::filesystem::path& path, Access access, std::chrono::milliseconds patience);

}  // namespace orrery
