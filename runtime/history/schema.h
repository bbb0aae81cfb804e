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
///     graphs ─────────────< blocks ──────────< nodes       quantities, parts (fixed lists)
///       graph_id              block_id           node_id     quantity_id, name, unit, is_steady, meaning
///       structural_hash       graph_id           graph_id    part_id, name, meaning
///       text_hash             path, title        block_id
///       canonical_json        node_count         path, operation, position
///       parameter_count       parent_id ──> blocks   │
///       │                        │                  │
///       │                     block_profiles     node_profiles     run, epoch, block or node, quantity:
///       │                        │                  │                count, min, max, mean, sum, p50, p95
///       │                     block_sizes        node_sizes        run, block or node, quantity, from_epoch:
///       │                        │                  │                min, max, mean; holds until the next
///       │                     block_totals       node_totals       run, block or node, quantity:
///       v                                           │                count, min, max, mean, sum of the run
///     runs                                       kernel_profiles   run, epoch, node, part, kernel, device:
///       run_id, uid, name, status, exit_reason      │                count, min, max, mean, sum in seconds
///       …_unix_ms, process, versions             step_profiles     run, step, position: node or none, part,
///       config_json, script_text …                                   begin_ns, duration_ns, bytes, thread
///       parent_uid  (a sweep's or another run's uid)
///       resumed_from  (a checkpoint's path), log_lines_dropped
///       ├──> graphs, machines, projects
///       ├──< epochs     run, epoch: seconds, steps, samples, ended_unix_ms
///       ├──< metrics    run, epoch, split, name: value, is_nan
///       ├──< step_metrics  run, split, name, step: epoch, value, is_nan, logged_unix_ms
///       ├──< rising_metrics  run, name: those that are better when larger
///       ├──< part_profiles  run, epoch, part: count, min, max, mean, sum, p50, p95 in seconds
///       ├──< logs       run, line: stream, written_unix_ms, text
///       ├──< events     run: happened_unix_ms, kind, epoch, step, text
///       ├──< artifacts  run, path: kind, bytes, hash, written_unix_ms, name, step, sha256
///       ├──< tags       run, tag
///       └──< notes      run: text, written_unix_ms
///
///     machines ──< roofs  machine, device, thread_count: gflop_per_second, gb_per_second, measured_unix_ms
///       machine_id, host, processor, core_count, memory_bytes, gpu, os
///     projects        project_id, name
///     kernels         kernel_id, name
///     thread_choices  structural_hash, batch, machine, build: thread_count, chosen_unix_ms
///
/// Views, stable names for people: run_summary, run_config, metric_curve, metric_range, epoch_metrics,
/// step_curve, best_runs, same_architecture, block_cost, block_epochs, node_cost, node_epochs, part_cost,
/// part_epochs, kernel_cost, step_spans, run_log, run_events.
///
/// Deleting a run deletes all rows of its own. A run that shall come back is first copied into another
/// history (`merge_history`), its trash.
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
