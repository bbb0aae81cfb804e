#include "runtime/history/merge.h"

#include <system_error>

#include <sqlite3.h>

#include "runtime/history/schema.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr std::chrono::milliseconds kMergePatience{5000};

// In all of these ?1 is the run in the other history, `other`, and ?2 the one here.

// What a run refers to and what is kept once, however many use it.
constexpr const char* kShared[] = {
    "INSERT OR IGNORE INTO projects (name) SELECT p.name FROM other.runs r JOIN other.projects p"
    " ON p.project_id = r.project_id WHERE r.run_id = ?1",
    "INSERT OR IGNORE INTO machines (host, processor, core_count, memory_bytes, gpu, os)"
    " SELECT m.host, m.processor, m.core_count, m.memory_bytes, m.gpu, m.os FROM other.runs r"
    " JOIN other.machines m ON m.machine_id = r.machine_id WHERE r.run_id = ?1",
    "INSERT OR IGNORE INTO roofs SELECT h.machine_id, f.device, f.thread_count, f.gflop_per_second,"
    " f.gb_per_second, f.measured_unix_ms FROM other.runs r"
    " JOIN other.machines m ON m.machine_id = r.machine_id JOIN other.roofs f ON f.machine_id = m.machine_id"
    " JOIN machines h ON h.host = m.host AND h.processor = m.processor AND h.core_count = m.core_count"
    " AND h.memory_bytes = m.memory_bytes AND h.gpu = m.gpu AND h.os = m.os"
    " WHERE r.run_id = ?1",
    "INSERT OR IGNORE INTO graphs (structural_hash, text_hash, canonical_json, parameter_count)"
    " SELECT g.structural_hash, g.text_hash, g.canonical_json, g.parameter_count FROM other.runs r"
    " JOIN other.graphs g ON g.graph_id = r.graph_id WHERE r.run_id = ?1",
    // Parents before children: a shorter path cannot lie inside a longer one.
    "INSERT OR IGNORE INTO blocks (graph_id, path, title, parent_id, node_count)"
    " SELECT h.graph_id, b.path, b.title, NULL, b.node_count FROM other.runs r"
    " JOIN other.graphs g ON g.graph_id = r.graph_id"
    " JOIN graphs h ON h.structural_hash = g.structural_hash AND h.text_hash = g.text_hash"
    " JOIN other.blocks b ON b.graph_id = g.graph_id WHERE r.run_id = ?1 AND b.path = ''",
};

// A child is added when its parent is there: once for each level of the blocks.
constexpr const char* kBlocksOfNextLevel =
    "INSERT OR IGNORE INTO blocks (graph_id, path, title, parent_id, node_count)"
    " SELECT h.graph_id, b.path, b.title, q.block_id, b.node_count FROM other.runs r"
    " JOIN other.graphs g ON g.graph_id = r.graph_id"
    " JOIN graphs h ON h.structural_hash = g.structural_hash AND h.text_hash = g.text_hash"
    " JOIN other.blocks b ON b.graph_id = g.graph_id JOIN other.blocks p ON p.block_id = b.parent_id"
    " JOIN blocks q ON q.graph_id = h.graph_id AND q.path = p.path WHERE r.run_id = ?1";

constexpr const char* kSharedBelowBlocks[] = {
    "INSERT OR IGNORE INTO nodes (graph_id, block_id, path, operation, position)"
    " SELECT h.graph_id, c.block_id, n.path, n.operation, n.position FROM other.runs r"
    " JOIN other.graphs g ON g.graph_id = r.graph_id"
    " JOIN graphs h ON h.structural_hash = g.structural_hash AND h.text_hash = g.text_hash"
    " JOIN other.nodes n ON n.graph_id = g.graph_id JOIN other.blocks b ON b.block_id = n.block_id"
    " JOIN blocks c ON c.graph_id = h.graph_id AND c.path = b.path WHERE r.run_id = ?1",
    "INSERT OR IGNORE INTO kernels (name) SELECT DISTINCT k.name FROM other.kernel_profiles p"
    " JOIN other.kernels k ON k.kernel_id = p.kernel_id WHERE p.run_id = ?1",
};

constexpr const char* kCopyRun =
    "INSERT INTO runs (uid, name, status, exit_reason, started_unix_ms, ended_unix_ms, heartbeat_unix_ms, "
    "host,"
    " boot_id, pid_namespace, process_id, process_start_ticks, device, thread_count, seed, orrery_version,"
    " libtorch_version, git_commit, git_dirty, working_folder, command_json, config_json, script_path,"
    " script_text, script_hash, graph_id, thread_reason, project_id, machine_id, parent_uid, resumed_from,"
    " log_lines_dropped) "
    "SELECT r.uid, ?2, r.status, r.exit_reason, r.started_unix_ms, r.ended_unix_ms, r.heartbeat_unix_ms, "
    "r.host,"
    " r.boot_id, r.pid_namespace, r.process_id, r.process_start_ticks, r.device, r.thread_count, r.seed,"
    " r.orrery_version, r.libtorch_version, r.git_commit, r.git_dirty, r.working_folder, r.command_json,"
    " r.config_json, r.script_path, r.script_text, r.script_hash,"
    " (SELECT h.graph_id FROM other.graphs g JOIN graphs h ON h.structural_hash = g.structural_hash"
    "  AND h.text_hash = g.text_hash WHERE g.graph_id = r.graph_id),"
    " r.thread_reason,"
    " (SELECT h.project_id FROM other.projects p JOIN projects h ON h.name = p.name"
    "  WHERE p.project_id = r.project_id),"
    " (SELECT h.machine_id FROM other.machines m JOIN machines h ON h.host = m.host"
    "  AND h.processor = m.processor AND h.core_count = m.core_count AND h.memory_bytes = m.memory_bytes"
    "  AND h.gpu = m.gpu AND h.os = m.os WHERE m.machine_id = r.machine_id),"
    " r.parent_uid, r.resumed_from, r.log_lines_dropped "
    "FROM other.runs r WHERE r.run_id = ?1";

// Whichever of the two was heard of later knows how the run goes on.
constexpr const char* kCompleteRun =
    "UPDATE runs SET status = r.status, exit_reason = r.exit_reason, ended_unix_ms = r.ended_unix_ms,"
    " heartbeat_unix_ms = r.heartbeat_unix_ms, log_lines_dropped = max(runs.log_lines_dropped, "
    "r.log_lines_dropped) "
    "FROM other.runs r WHERE r.run_id = ?1 AND runs.run_id = ?2 AND"
    " (r.heartbeat_unix_ms > runs.heartbeat_unix_ms OR"
    "  (r.heartbeat_unix_ms = runs.heartbeat_unix_ms AND runs.status = 'running' AND r.status <> 'running'))";

#define ORRERY_BLOCK_HERE                                                        \
  " JOIN other.blocks b ON b.block_id = p.block_id JOIN runs t ON t.run_id = ?2" \
  " JOIN blocks o ON o.graph_id = t.graph_id AND o.path = b.path WHERE p.run_id = ?1"
#define ORRERY_NODE_HERE                                                      \
  " JOIN other.nodes n ON n.node_id = p.node_id JOIN runs t ON t.run_id = ?2" \
  " JOIN nodes o ON o.graph_id = t.graph_id AND o.path = n.path WHERE p.run_id = ?1"
#define ORRERY_LARGER_TOTAL                                                                    \
  " ON CONFLICT DO UPDATE SET count = excluded.count, min = excluded.min, max = excluded.max," \
  " sum = excluded.sum WHERE excluded.count > count"

constexpr const char* kRows[] = {
    "INSERT OR IGNORE INTO epochs SELECT ?2, epoch, seconds, steps, samples, ended_unix_ms FROM other.epochs"
    " WHERE run_id = ?1",
    "INSERT OR IGNORE INTO metrics SELECT ?2, epoch, split, name, value, is_nan FROM other.metrics"
    " WHERE run_id = ?1",
    "INSERT OR IGNORE INTO step_metrics SELECT ?2, split, name, step, epoch, value, is_nan, logged_unix_ms"
    " FROM other.step_metrics WHERE run_id = ?1",
    "INSERT OR IGNORE INTO rising_metrics SELECT ?2, name FROM other.rising_metrics WHERE run_id = ?1",
    "INSERT OR IGNORE INTO block_profiles (run_id, epoch, block_id, quantity_id, count, min, max, sum, p50, "
    "p95)"
    " SELECT ?2, p.epoch, o.block_id, p.quantity_id, p.count, p.min, p.max, p.sum, p.p50, p.p95"
    " FROM other.block_profiles p" ORRERY_BLOCK_HERE,
    "INSERT OR IGNORE INTO block_sizes SELECT ?2, o.block_id, p.quantity_id, p.from_epoch, p.min, p.max, "
    "p.mean"
    " FROM other.block_sizes p" ORRERY_BLOCK_HERE,
    "INSERT INTO block_totals (run_id, block_id, quantity_id, count, min, max, sum)"
    " SELECT ?2, o.block_id, p.quantity_id, p.count, p.min, p.max, p.sum"
    " FROM other.block_totals p" ORRERY_BLOCK_HERE ORRERY_LARGER_TOTAL,
    "INSERT OR IGNORE INTO node_profiles (run_id, epoch, node_id, quantity_id, count, min, max, sum, p50, "
    "p95)"
    " SELECT ?2, p.epoch, o.node_id, p.quantity_id, p.count, p.min, p.max, p.sum, p.p50, p.p95"
    " FROM other.node_profiles p" ORRERY_NODE_HERE,
    "INSERT OR IGNORE INTO node_sizes SELECT ?2, o.node_id, p.quantity_id, p.from_epoch, p.min, p.max, p.mean"
    " FROM other.node_sizes p" ORRERY_NODE_HERE,
    "INSERT INTO node_totals (run_id, node_id, quantity_id, count, min, max, sum)"
    " SELECT ?2, o.node_id, p.quantity_id, p.count, p.min, p.max, p.sum"
    " FROM other.node_totals p" ORRERY_NODE_HERE ORRERY_LARGER_TOTAL,
    "INSERT OR IGNORE INTO part_profiles (run_id, epoch, part_id, count, min, max, sum, p50, p95)"
    " SELECT ?2, epoch, part_id, count, min, max, sum, p50, p95 FROM other.part_profiles WHERE run_id = ?1",
    "INSERT OR IGNORE INTO kernel_profiles (run_id, epoch, node_id, part_id, kernel_id, device, count, min, "
    "max,"
    " sum) SELECT ?2, p.epoch, o.node_id, p.part_id, l.kernel_id, p.device, p.count, p.min, p.max, p.sum"
    " FROM other.kernel_profiles p JOIN other.kernels k ON k.kernel_id = p.kernel_id"
    " JOIN kernels l ON l.name = k.name JOIN runs t ON t.run_id = ?2"
    " LEFT JOIN other.nodes n ON n.node_id = p.node_id"
    " LEFT JOIN nodes o ON o.graph_id = t.graph_id AND o.path = n.path WHERE p.run_id = ?1",
    "INSERT OR IGNORE INTO step_profiles SELECT ?2, p.step, p.position, o.node_id, p.part_id, p.begin_ns,"
    " p.duration_ns, p.bytes, p.thread FROM other.step_profiles p JOIN runs t ON t.run_id = ?2"
    " LEFT JOIN other.nodes n ON n.node_id = p.node_id"
    " LEFT JOIN nodes o ON o.graph_id = t.graph_id AND o.path = n.path WHERE p.run_id = ?1",
    "INSERT OR IGNORE INTO logs SELECT ?2, line, stream, written_unix_ms, text FROM other.logs WHERE run_id "
    "= ?1",
    "INSERT INTO events (run_id, happened_unix_ms, kind, epoch, step, text)"
    " SELECT ?2, e.happened_unix_ms, e.kind, e.epoch, e.step, e.text FROM other.events e WHERE e.run_id = ?1"
    " AND NOT EXISTS (SELECT 1 FROM events h WHERE h.run_id = ?2 AND h.happened_unix_ms = e.happened_unix_ms"
    "  AND h.kind = e.kind AND h.epoch IS e.epoch AND h.step IS e.step AND h.text = e.text)"
    " ORDER BY e.event_id",
    "INSERT INTO artifacts (run_id, path, kind, bytes, hash, written_unix_ms, name, step, sha256)"
    " SELECT ?2, path, kind, bytes, hash, written_unix_ms, name, step, sha256 FROM other.artifacts"
    " WHERE run_id = ?1 ON CONFLICT DO UPDATE SET kind = excluded.kind, bytes = excluded.bytes,"
    " hash = excluded.hash, written_unix_ms = excluded.written_unix_ms, name = excluded.name,"
    " step = excluded.step, sha256 = excluded.sha256 WHERE excluded.written_unix_ms > written_unix_ms",
    "INSERT OR IGNORE INTO tags SELECT ?2, tag FROM other.tags WHERE run_id = ?1",
    "INSERT INTO notes (run_id, written_unix_ms, text) SELECT ?2, n.written_unix_ms, n.text FROM other.notes "
    "n"
    " WHERE n.run_id = ?1 AND NOT EXISTS (SELECT 1 FROM notes h WHERE h.run_id = ?2"
    "  AND h.written_unix_ms = n.written_unix_ms AND h.text = n.text) ORDER BY n.note_id",
};

#undef ORRERY_BLOCK_HERE
#undef ORRERY_NODE_HERE
#undef ORRERY_LARGER_TOTAL

/// The other history while it can be read beside ours.
class OtherHistory {
 public:
  OtherHistory(Database& into, const std::filesystem::path& from) : into_(into) {
    into_.prepare("ATTACH ? AS other").run(std::filesystem::absolute(from).native());
  }
  ~OtherHistory() { sqlite3_exec(into_.handle(), "DETACH other", nullptr, nullptr, nullptr); }
  OtherHistory(const OtherHistory&) = delete;
  OtherHistory& operator=(const OtherHistory&) = delete;

 private:
  Database& into_;
};

std::int64_t changes(const Database& db) { return db.integer("SELECT total_changes()"); }

std::string free_name(const Database& db, const std::string& wanted) {
  Statement taken = db.prepare("SELECT 1 FROM runs WHERE name = ?");
  std::string name = wanted;
  for (int i = 2;; ++i) {
    taken.bind_all(name);
    const bool is_taken = taken.step();
    taken.reset();
    if (!is_taken) return name;
    name = fmt::format("{}-{}", wanted, i);
  }
}

void copy_what_it_refers_to(Database& db, std::int64_t from) {
  for (const char* sql : kShared) db.prepare(sql).run(from);
  for (std::int64_t before = -1; before != changes(db);) {
    before = changes(db);
    db.prepare(kBlocksOfNextLevel).run(from);
  }
  for (const char* sql : kSharedBelowBlocks) db.prepare(sql).run(from);
}

MergedRun merge_run(Database& db, std::int64_t from) {
  Transaction transaction(db);
  Statement find = db.prepare(
      "SELECT o.name, h.run_id, h.name FROM other.runs o LEFT JOIN runs h ON h.uid = o.uid WHERE o.run_id = "
      "?");
  find.bind_all(from);
  check(find.step(), Fault::usage, "there is no run {} in the other history", from);
  const bool known = !find.is_null(1);
  MergedRun run{from, find.integer(1), known ? find.text(2) : free_name(db, find.text(0)), {}};
  find.reset();
  copy_what_it_refers_to(db, from);
  const std::int64_t before = changes(db);
  if (!known) {
    db.prepare(kCopyRun).run(from, run.name);
    run.into_id = db.last_row_id();
  }
  for (const char* sql : kRows) db.prepare(sql).run(from, run.into_id);
  if (known) {
    db.prepare(kCompleteRun).run(from, run.into_id);
    run.how = changes(db) == before ? MergedRun::How::known : MergedRun::How::completed;
  }
  transaction.commit();
  return run;
}

}  // namespace

std::vector<MergedRun> merge_history(Database& into, const std::filesystem::path& from,
                                     const std::optional<std::vector<std::int64_t>>& runs) {
  std::error_code error;
  check(!std::filesystem::equivalent(into.path(), from, error), Fault::usage,
        "{} cannot be merged into itself", storable_text(from.native()));
  // Refuses what is no history, and brings an older one forward.
  open_history(from, Access::write, kMergePatience);
  const OtherHistory attached(into, from);
  std::vector<std::int64_t> ids = runs.value_or(std::vector<std::int64_t>{});
  if (!runs) {
    Statement all = into.prepare("SELECT run_id FROM other.runs ORDER BY run_id");
    while (all.step()) ids.push_back(all.integer(0));
  }
  std::vector<MergedRun> merged;
  for (const std::int64_t id : ids) merged.push_back(merge_run(into, id));
  return merged;
}

}  // namespace orrery
