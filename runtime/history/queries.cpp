#include "runtime/history/queries.h"

#include <cmath>
#include <system_error>

#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "runtime/history/interrupted.h"
#include "runtime/history/metric_direction.h"
#include "runtime/history/run_field.h"
#include "runtime/history/run_selector.h"
#include "runtime/history/schema.h"

namespace orrery {
namespace {

bool cannot_write(const DatabaseError& error) {
  return error.code() == SQLITE_CANTOPEN || error.code() == SQLITE_READONLY || error.code() == SQLITE_PERM;
}

bool has_side_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path.native() + "-wal", error);
  return !error && size > 0;
}

Database open_for_reading(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  try {
    return open_history(path, Access::write, patience);
  } catch (const DatabaseError& error) {
    if (!cannot_write(error)) throw;
  }
  try {
    return open_history(path, Access::read, patience);
  } catch (const DatabaseError& error) {
    // Without its -wal file the history may be complete, yet older than what another process sees.
    if (!cannot_write(error) || has_side_file(path)) throw;
  }
  return open_history(path, Access::frozen, patience);
}

std::vector<std::int64_t> mark_if_possible(Database& db, UnixMilliseconds now) {
  const ProcessIdentity observer = this_process();
  try {
    return mark_interrupted(db, observer, now);
  } catch (const DatabaseError&) {
    // Reading does not depend on writing: who may not write it down still knows it.
    return interrupted_runs(db, observer, now);
  }
}

Table collect(Statement& statement) {
  Table table;
  for (int column = 0; column < statement.columns(); ++column)
    table.columns.push_back(statement.column_name(column));
  while (statement.step()) {
    Row& row = table.rows.emplace_back();
    for (int column = 0; column < statement.columns(); ++column) row.push_back(statement.cell(column));
  }
  return table;
}

// The view cannot tell a NaN from what is not there.
constexpr const char* kEpochMetrics =
    "SELECT m.epoch, m.name AS metric, max(m.value) FILTER (WHERE m.split = 'train') AS train, "
    "max(m.value) FILTER (WHERE m.split = 'validation') AS validation, "
    "max(m.value) FILTER (WHERE m.split = 'test') AS test, e.seconds, "
    "max(m.is_nan) FILTER (WHERE m.split = 'train'), max(m.is_nan) FILTER (WHERE m.split = 'validation'), "
    "max(m.is_nan) FILTER (WHERE m.split = 'test') "
    "FROM metrics m LEFT JOIN epochs e ON e.run_id = m.run_id AND e.epoch = m.epoch "
    "WHERE m.run_id = ? GROUP BY m.epoch, m.name ORDER BY m.epoch, m.name";

const std::string kNewestEvents = fmt::format(
    "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', happened_unix_ms / 1000.0, 'unixepoch') AS happened, kind, epoch, "
    "step, text FROM (SELECT * FROM events WHERE run_id = ? ORDER BY happened_unix_ms DESC, event_id DESC "
    "LIMIT {}) ORDER BY happened_unix_ms, event_id",
    RunDetail::kEvents);

// Puts NaN where a flag behind the columns says so, and drops the flags, which begin at `flags`.
void merge_nans(Table& table, const std::vector<std::size_t>& values, std::size_t flags) {
  for (Row& row : table.rows) {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (row[flags + i] == Cell(std::int64_t{1})) row[values[i]] = std::nan("");
    row.resize(flags);
  }
  table.columns.resize(flags);
}

// The metrics, which are the first column of `metric_range`, by name.
std::vector<std::string> rising_metrics(const Database& db, const Table& ranges) {
  std::vector<std::string> rising;
  for (const Row& row : ranges.rows) {
    const std::string metric = std::get<std::string>(row[0]);
    const bool known = !rising.empty() && rising.back() == metric;
    if (!known && larger_is_better(db, metric)) rising.push_back(metric);
  }
  return rising;
}

// Every view begins with run_id and run, which are the same in all rows of one run.
void drop_run_columns(Table& table) {
  table.columns.erase(table.columns.begin(), table.columns.begin() + 2);
  for (Row& row : table.rows) row.erase(row.begin(), row.begin() + 2);
}

std::vector<std::string> words_of(const std::string& json) {
  const auto list = nlohmann::json::parse(json, nullptr, false);
  std::vector<std::string> words;
  for (const auto& word : list) words.push_back(word.is_string() ? word.get<std::string>() : word.dump());
  return words;
}

std::string bytes_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* blob = std::get_if<Blob>(&cell)) return blob->bytes;
  return {};
}

}  // namespace

HistoryReader::HistoryReader(const std::filesystem::path& path, const WallClock& clock,
                             std::chrono::milliseconds patience)
    : db_(open_for_reading(path, patience)) {
  const std::vector<std::int64_t> ended = mark_if_possible(db_, clock());
  db_.execute("CREATE TEMP TABLE ended (run_id INTEGER PRIMARY KEY)");
  Statement add = db_.prepare("INSERT INTO temp.ended VALUES (?)");
  for (const std::int64_t run : ended) add.run(run);
  db_.execute("PRAGMA query_only = 1");
}

Table HistoryReader::list(const RunFilter& filter) const { return list_runs(db_, filter); }

std::int64_t HistoryReader::resolve(std::string_view text) const { return resolve_run(db_, text); }

bool HistoryReader::more_is_better(std::string_view name) const { return orrery::more_is_better(db_, name); }

Table HistoryReader::run_table(const std::string& sql, std::int64_t run_id) const {
  Statement statement = db_.prepare(sql);
  statement.bind(1, run_id);
  return collect(statement);
}

RunDetail HistoryReader::show(std::int64_t run_id) const {
  Statement run = db_.prepare(
      "SELECT uid, orrery_version, libtorch_version, working_folder, command_json, config_json, script_text, "
      "script_hash FROM runs WHERE run_id = ?");
  run.bind(1, run_id);
  check(run.step(), Fault::usage, "there is no run {} in {}", run_id, db_.path().string());
  RunDetail detail;
  detail.uid = run.text(0);
  detail.orrery_version = run.text(1);
  detail.libtorch_version = run.text(2);
  detail.working_folder = run.text(3);
  detail.command = words_of(run.text(4));
  detail.config_json = run.text(5);
  detail.script_text = bytes_of(run.cell(6));
  detail.script_hash = run.text(7);
  detail.summary = run_table(
      fmt::format(
          "SELECT s.run_id, s.run, {} AS status, s.started, s.ended, s.seconds, s.epochs, s.train_loss, "
          "s.validation_loss, s.device, s.thread_count, r.thread_reason, s.seed, s.host, s.parameter_count, "
          "s.structural_hash, s.git_commit, s.git_dirty, s.script_path, s.exit_reason, s.tags, s.project, "
          "s.parent_uid, s.resumed_from "
          "FROM run_summary s JOIN runs r USING (run_id) WHERE s.run_id = ?",
          kSeenStatus),
      run_id);
  detail.config = run_table("SELECT key, type, value FROM run_config WHERE run_id = ? ORDER BY key", run_id);
  detail.metrics = run_table(kEpochMetrics, run_id);
  merge_nans(detail.metrics, {2, 3, 4}, 6);
  detail.ranges = run_table(
      "SELECT metric, split, points, lowest, lowest_epoch, highest, highest_epoch, last, last_epoch, nans "
      "FROM metric_range WHERE run_id = ? ORDER BY metric, split",
      run_id);
  detail.blocks = blocks(run_id);
  detail.parts = run_table(
      "SELECT part, count, seconds, shortest_seconds, longest_seconds FROM part_cost WHERE run_id = ? "
      "ORDER BY seconds DESC",
      run_id);
  detail.events = run_table(kNewestEvents, run_id);
  detail.machine = run_table(
      "SELECT m.host, m.processor, m.core_count, m.memory_bytes, m.gpu, m.os FROM runs r "
      "JOIN machines m USING (machine_id) WHERE r.run_id = ?",
      run_id);
  detail.artifacts = run_table(
      "SELECT path, kind, bytes, hash, written_unix_ms, name, step FROM artifacts WHERE run_id = ? ORDER BY "
      "path",
      run_id);
  detail.notes =
      run_table("SELECT written_unix_ms, text FROM notes WHERE run_id = ? ORDER BY note_id", run_id);
  detail.rising = rising_metrics(db_, detail.ranges);
  return detail;
}

Table HistoryReader::blocks(std::int64_t run_id) const {
  Table blocks = run_table("SELECT * FROM block_cost WHERE run_id = ? ORDER BY path", run_id);
  drop_run_columns(blocks);
  return blocks;
}

Table HistoryReader::nodes(std::int64_t run_id) const {
  Table nodes = run_table("SELECT * FROM node_cost WHERE run_id = ? ORDER BY position", run_id);
  drop_run_columns(nodes);
  return nodes;
}

std::vector<GraphChange> HistoryReader::graph_changes(std::int64_t before, std::int64_t after) const {
  Statement query =
      db_.prepare("SELECT g.canonical_json FROM runs r JOIN graphs g USING (graph_id) WHERE r.run_id = ?");
  std::vector<std::string> texts;
  for (const std::int64_t run : {before, after}) {
    query.bind(1, run);
    if (!query.step()) return {};
    texts.push_back(query.text(0));
    query.reset();
  }
  return orrery::graph_changes(texts[0], texts[1]);
}

Table HistoryReader::block_epochs(std::int64_t run_id) const {
  return run_table(
      "SELECT epoch, path, quantity, unit, count, min, max, mean, sum FROM block_epochs WHERE run_id = ? "
      "ORDER BY epoch, path, quantity",
      run_id);
}

void HistoryReader::sql(const std::string& text, const SqlLimits& limits, const RowSink& sink) {
  run_user_sql(db_, text, limits, sink);
}

}  // namespace orrery
