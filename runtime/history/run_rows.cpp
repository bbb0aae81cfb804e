#include "runtime/history/run_rows.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "runtime/core/content_hash.h"
#include "runtime/history/run_name.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr const char* kAddRun =
    "INSERT INTO runs (run_id, uid, name, status, started_unix_ms, heartbeat_unix_ms, host, boot_id,"
    " pid_namespace, process_id, process_start_ticks, device, thread_count, seed, orrery_version,"
    " libtorch_version, git_commit, git_dirty, working_folder, command_json, config_json, script_path,"
    " script_text, script_hash, graph_id, thread_reason) "
    "VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr const char* kOpenAgain =
    "UPDATE runs SET status = 'running', exit_reason = '', ended_unix_ms = NULL,"
    " heartbeat_unix_ms = max(started_unix_ms, ?),"
    " host = ?, boot_id = ?, pid_namespace = ?, process_id = ?, process_start_ticks = ?,"
    " thread_count = ?, thread_reason = ?, graph_id = ? WHERE name = ? AND status <> 'running' RETURNING "
    "run_id";

constexpr const char* kAddProfile =
    "INSERT INTO block_profiles (run_id, epoch, block_id, quantity_id, count, min, max, sum) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET count = count + excluded.count, min = min(min, excluded.min),"
    " max = max(max, excluded.max), sum = sum + excluded.sum";

constexpr const char* kAddMetric =
    "INSERT INTO metrics (run_id, epoch, split, name, value, is_nan) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan";

constexpr const char* kAddStep =
    "INSERT INTO step_metrics (run_id, split, name, step, epoch, value, is_nan, logged_unix_ms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET epoch = excluded.epoch, value = excluded.value, is_nan = excluded.is_nan,"
    " logged_unix_ms = excluded.logged_unix_ms";

constexpr const char* kAddArtifact =
    "INSERT INTO artifacts (run_id, path, kind, bytes, hash, written_unix_ms, name, step) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET kind = excluded.kind, bytes = excluded.bytes, hash = excluded.hash,"
    " written_unix_ms = excluded.written_unix_ms, name = excluded.name, step = excluded.step";

std::string as_json(const std::vector<std::string>& words) {
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& word : words) list.push_back(storable_text(word));
  return list.dump();
}

// Text that must come back byte for byte: one in another encoding goes in as bytes.
Cell exact(const std::string& text) { return is_plain_text(text) ? Cell(text) : Cell(Blob{text}); }

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

int id(Quantity quantity) { return static_cast<int>(quantity); }

}  // namespace

RunRows::RunRows(Database db)
    : db_(std::move(db)),
      find_block_(db_.prepare("SELECT block_id FROM blocks WHERE graph_id = ? AND path = ?")),
      add_block_(db_.prepare("INSERT INTO blocks (graph_id, path, title, parent_id, node_count) "
                             "VALUES (?, ?, ?, ?, ?)")),
      epoch_(db_.prepare("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?, ?)")),
      metric_(db_.prepare(kAddMetric)),
      step_(db_.prepare(kAddStep)),
      profile_(db_.prepare(kAddProfile)),
      size_(db_.prepare("INSERT OR REPLACE INTO block_sizes VALUES (?, ?, ?, ?, ?, ?, ?)")),
      total_(db_.prepare(
          "INSERT OR REPLACE INTO block_totals (run_id, block_id, quantity_id, count, min, max, sum) "
          "VALUES (?, ?, ?, ?, ?, ?, ?)")),
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
  graph_id_ = find_or_add_graph(run.graph);
  if (run.goes_on_after && open_again(run, process, now)) {
    transaction.commit();
    return run.name;
  }
  const std::string name = free_name(run, chance, number);
  db_.prepare(kAddRun).run(
      number, uid, name, now, now, process.host, process.boot_id, process.pid_namespace, process.process_id,
      process.start_ticks, run.device, run.threads, run.seed, run.orrery_version, run.libtorch_version,
      run.git_commit, run.git_dirty, run.working_folder, as_json(run.command), run.config_json,
      run.script_path, exact(run.script_text), content_hash(run.script_text), graph_id_, run.thread_reason);
  run_id_ = number;
  for (const std::string& tag : run.tags) write_tag(tag);
  transaction.commit();
  return name;
}

bool RunRows::open_again(const RunInfo& run, const ProcessIdentity& process, UnixMilliseconds now) {
  {
    Statement open = db_.prepare(kOpenAgain);
    open.bind_all(now, process.host, process.boot_id, process.pid_namespace, process.process_id,
                  process.start_ticks, run.threads, run.thread_reason, graph_id_, run.name);
    if (!open.step()) return false;
    run_id_ = open.integer(0);
    open.reset();
  }
  for (const char* table : {"epochs", "metrics", "block_profiles"})
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
  run_id_ = find.integer(0);
  return true;
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

std::optional<std::int64_t> RunRows::find_or_add_graph(const std::optional<GraphRecord>& graph) {
  if (!graph) return std::nullopt;
  const std::string text_hash = content_hash(graph->canonical_json);
  Statement find = db_.prepare("SELECT graph_id FROM graphs WHERE structural_hash = ? AND text_hash = ?");
  find.bind_all(graph->structural_hash, text_hash);
  if (find.step()) return find.integer(0);
  return add_graph(*graph, text_hash);
}

std::int64_t RunRows::add_graph(const GraphRecord& graph, const std::string& text_hash) {
  Statement add = db_.prepare(
      "INSERT INTO graphs (structural_hash, text_hash, canonical_json, parameter_count) VALUES (?, ?, ?, ?)");
  add.run(graph.structural_hash, text_hash, graph.canonical_json, graph.parameters);
  graph_id_ = db_.last_row_id();
  // Parents before children: a shorter path cannot lie inside a longer one.
  std::vector<BlockRecord> blocks = graph.blocks;
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const auto& a, const auto& b) { return a.path.size() < b.path.size(); });
  for (BlockRecord& block : blocks) {
    block.path = storable_text(block.path);
    if (!blocks_.contains(block.path)) add_block(block);
  }
  return *graph_id_;
}

std::int64_t RunRows::block_id(const std::string& raw_path) {
  const std::string path = storable_text(raw_path);
  if (const auto found = blocks_.find(path); found != blocks_.end()) return found->second;
  find_block_.bind_all(graph_id_, path);
  const bool known = find_block_.step();
  const std::int64_t id = known ? find_block_.integer(0) : 0;
  find_block_.reset();
  if (!known) return add_block({.path = path, .title = {}});
  blocks_.emplace(path, id);
  return id;
}

std::int64_t RunRows::add_block(const BlockRecord& block) {
  std::optional<std::int64_t> parent;
  if (!block.path.empty()) parent = block_id(parent_of(block.path));
  add_block_.run(graph_id_, block.path, block.title, parent, block.nodes);
  return blocks_[block.path] = db_.last_row_id();
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

void RunRows::write_profile(std::int64_t epoch, const BlockProfileRecord& row) {
  profile_.run(run_id_, epoch, block_id(row.path), id(row.quantity), row.count, row.min, row.max, row.sum);
}

void RunRows::write_size(std::int64_t from_epoch, const BlockProfileRecord& row) {
  size_.run(run_id_, block_id(row.path), id(row.quantity), from_epoch, row.min, row.max, row.mean);
}

void RunRows::write_total(const BlockProfileRecord& total) {
  total_.run(run_id_, block_id(total.path), id(total.quantity), total.count, total.min, total.max, total.sum);
}

void RunRows::write(const ArtifactRecord& artifact, UnixMilliseconds now) {
  artifact_.run(run_id_, artifact.path, artifact.kind, artifact.bytes, artifact.hash, now, artifact.name,
                artifact.step);
}

void RunRows::write_tag(const std::string& tag) {
  db_.prepare("INSERT OR IGNORE INTO tags (run_id, tag) VALUES (?, ?)").run(run_id_, tag);
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
