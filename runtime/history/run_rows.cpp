#include "runtime/history/run_rows.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "runtime/core/content_hash.h"
#include "runtime/history/machine.h"
#include "runtime/history/run_name.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr const char* kAddRun =
    "INSERT INTO runs (run_id, uid, name, status, started_unix_ms, heartbeat_unix_ms, host, boot_id,"
    " pid_namespace, process_id, process_start_ticks, device, thread_count, seed, orrery_version,"
    " libtorch_version, git_commit, git_dirty, working_folder, command_json, config_json, script_path,"
    " script_text, script_hash, graph_id, thread_reason, project_id, machine_id, parent_uid, resumed_from) "
    "VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?)";

constexpr const char* kOpenAgain =
    "UPDATE runs SET status = 'running', exit_reason = '', ended_unix_ms = NULL, trashed_unix_ms = NULL,"
    " heartbeat_unix_ms = max(started_unix_ms, ?),"
    " host = ?, boot_id = ?, pid_namespace = ?, process_id = ?, process_start_ticks = ?,"
    " thread_count = ?, thread_reason = ?, graph_id = ?, machine_id = ?, resumed_from = ? WHERE name = ? AND "
    "status <> 'running' RETURNING "
    "run_id, uid";

constexpr const char* kAddMetric =
    "INSERT INTO metrics (run_id, epoch, split, name, value, is_nan) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan";

constexpr const char* kAddStep =
    "INSERT INTO step_metrics (run_id, split, name, step, epoch, value, is_nan, logged_unix_ms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET epoch = excluded.epoch, value = excluded.value, is_nan = excluded.is_nan,"
    " logged_unix_ms = excluded.logged_unix_ms";

constexpr const char* kAddArtifact =
    "INSERT INTO artifacts (run_id, path, kind, bytes, hash, written_unix_ms, name, step, sha256) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET kind = excluded.kind, bytes = excluded.bytes, hash = excluded.hash,"
    " written_unix_ms = excluded.written_unix_ms, name = excluded.name, step = excluded.step, sha256 = "
    "excluded.sha256";

std::string as_json(const std::vector<std::string>& words) {
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& word : words) list.push_back(storable_text(word));
  return list.dump();
}

// Text that must come back byte for byte: one in another encoding goes in as bytes.
Cell exact(const std::string& text) { return is_plain_text(text) ? Cell(text) : Cell(Blob{text}); }

}  // namespace

RunRows::RunRows(Database db)
    : db_(std::move(db)),
      costs_(db_),
      logs_(db_),
      epoch_(db_.prepare("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?, ?)")),
      metric_(db_.prepare(kAddMetric)),
      step_(db_.prepare(kAddStep)),
      artifact_(db_.prepare(kAddArtifact)),
      heartbeat_(
          db_.prepare("UPDATE runs SET heartbeat_unix_ms = max(started_unix_ms, ?) WHERE run_id = ?")) {}

std::string RunRows::begin(const RunInfo& run, const ProcessIdentity& process, UnixMilliseconds now,
                           std::uint64_t chance, const std::string& uid) {
  // Not a CHECK of the table: SQLite 3.40 refuses JSON functions in a schema that is not trusted.
  invariant(nlohmann::json::accept(run.config_json), "a run's config is not JSON");
  invariant(!run.graph || nlohmann::json::accept(run.graph->canonical_json), "a graph's text is not JSON");
  Transaction transaction(db_);
  // sqlite_sequence remembers the highest id ever given, so that no removed run's number comes back.
  const std::int64_t number =
      db_.integer("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1");
  if (run.graph) costs_.graph().find_or_add(*run.graph);
  if (run.goes_on_after && open_again(run, process, now)) {
    went_on_ = true;
    follow(run_id_);
    costs_.forget_after(*run.goes_on_after);
    transaction.commit();
    return run.name;
  }
  const std::string name = free_name(run, chance, number);
  db_.prepare(kAddRun).run(
      number, uid, name, now, now, process.host, process.boot_id, process.pid_namespace, process.process_id,
      process.start_ticks, run.device, run.threads, run.seed, run.orrery_version, run.libtorch_version,
      run.git_commit, run.git_dirty, run.working_folder, as_json(run.command), run.config_json,
      run.script_path, exact(run.script_text), content_hash(run.script_text), costs_.graph().graph_id(),
      run.thread_reason, project_id(run.project), find_or_add_machine(db_, machine_here(run.machine)),
      run.parent_uid, run.resumed_from);
  uid_ = uid;
  follow(number);
  for (const std::string& metric : run.rising_metrics) write_rising(metric);
  for (const std::string& tag : run.tags) write_tag(tag);
  transaction.commit();
  return name;
}

bool RunRows::open_again(const RunInfo& run, const ProcessIdentity& process, UnixMilliseconds now) {
  {
    Statement open = db_.prepare(kOpenAgain);
    open.bind_all(now, process.host, process.boot_id, process.pid_namespace, process.process_id,
                  process.start_ticks, run.threads, run.thread_reason, costs_.graph().graph_id(),
                  find_or_add_machine(db_, machine_here(run.machine)), run.resumed_from, run.name);
    if (!open.step()) return false;
    run_id_ = open.integer(0);
    uid_ = open.text(1);
    open.reset();
  }
  for (const char* table : {"epochs", "metrics"})
    db_.prepare(fmt::format("DELETE FROM {} WHERE run_id = ? AND epoch > ?", table))
        .run(run_id_, *run.goes_on_after);
  db_.prepare(
         "DELETE FROM step_metrics WHERE run_id = ? AND epoch > ? AND"
         " (step > ? OR (step = ? AND split = 'validation' AND NOT ?))")
      .run(run_id_, *run.goes_on_after, run.goes_on_after_step, run.goes_on_after_step,
           std::int64_t{run.goes_on_validated});
  return true;
}

bool RunRows::take_up(const std::string& name) {
  Statement find = db_.prepare("SELECT run_id FROM runs WHERE name = ?");
  find.bind(1, name);
  if (!find.step()) return false;
  follow(find.integer(0));
  return true;
}

void RunRows::follow(std::int64_t run_id) {
  run_id_ = run_id;
  costs_.begin(run_id);
  logs_.begin(run_id);
}

std::optional<std::int64_t> RunRows::project_id(const std::string& project) {
  if (project.empty()) return std::nullopt;
  db_.prepare("INSERT INTO projects (name) VALUES (?) ON CONFLICT DO NOTHING").run(project);
  Statement find = db_.prepare("SELECT project_id FROM projects WHERE name = ?");
  find.bind_all(project);
  find.step();
  return find.integer(0);
}

void RunRows::forget() {
  costs_.forget();
  logs_.forget();
}

bool RunRows::taken(const std::string& name) {
  Statement statement = db_.prepare("SELECT 1 FROM runs WHERE name = ?");
  statement.bind(1, name);
  return statement.step();
}

std::string RunRows::free_name(const RunInfo& run, std::uint64_t chance, std::int64_t number) {
  std::string name = run.name.empty() ? make_run_name(chance, number) : run.name;
  for (std::int64_t next = 2; taken(name); ++next) {
    name = run.name.empty() ? make_run_name(chance + static_cast<std::uint64_t>(next), number)
                            : fmt::format("{}-{}", run.name, next);
  }
  return name;
}

void RunRows::write(const EpochRecord& epoch, UnixMilliseconds ended) {
  epoch_.run(run_id_, epoch.epoch, epoch.seconds, epoch.steps, epoch.samples, ended);
}

void RunRows::write(const MetricRecord& metric) {
  metric_.run(run_id_, metric.epoch, name(metric.split), metric.name, metric.value, std::isnan(metric.value));
}

void RunRows::write(const StepRecord& value) {
  step_.run(run_id_, name(value.split), value.name, value.step, value.epoch, value.value,
            std::isnan(value.value), value.logged);
}

void RunRows::write(const ArtifactRecord& artifact, UnixMilliseconds now) {
  artifact_.run(run_id_, artifact.path, artifact.kind, artifact.bytes, artifact.hash, now, artifact.name,
                artifact.step, artifact.sha256.empty() ? std::nullopt : std::optional(artifact.sha256));
}

void RunRows::write_tag(const std::string& tag) {
  db_.prepare("INSERT OR IGNORE INTO tags (run_id, tag) VALUES (?, ?)").run(run_id_, tag);
}

void RunRows::write_rising(const std::string& metric) {
  db_.prepare("INSERT OR IGNORE INTO rising_metrics (run_id, name) VALUES (?, ?)").run(run_id_, metric);
}

void RunRows::write_note(const std::string& text, UnixMilliseconds now) {
  db_.prepare("INSERT INTO notes (run_id, written_unix_ms, text) VALUES (?, ?, ?)").run(run_id_, now, text);
}

// A clock that is put back makes no run end before it began.
void RunRows::heartbeat(UnixMilliseconds now) { heartbeat_.run(now, run_id_); }

void RunRows::finish(RunStatus status, const std::string& reason, UnixMilliseconds now) {
  db_.prepare(
         "UPDATE runs SET status = ?1, exit_reason = ?2, ended_unix_ms = max(started_unix_ms, ?3), "
         "heartbeat_unix_ms = max(started_unix_ms, ?3) WHERE run_id = ?4")
      .run(name(status), reason, now, run_id_);
}

}  // namespace orrery
