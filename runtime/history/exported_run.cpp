// The part of HistoryReader that hands a run to other tools.
#include "runtime/history/exported_run.h"

#include <algorithm>
#include <limits>
#include <map>

#include "runtime/history/queries.h"

namespace orrery {
namespace {

constexpr const char* kExportedRun =
    "SELECT uid, name, CASE WHEN run_id IN (SELECT run_id FROM temp.ended) THEN 'interrupted' ELSE status "
    "END,"
    " started_unix_ms, ended_unix_ms, script_path, git_commit, device, seed, working_folder "
    "FROM runs WHERE run_id = ?";

// An epoch's number belongs to its end; one of no epoch that also stands at steps is their last.
constexpr const char* kEpochPoints =
    "SELECT m.split, m.name, m.epoch, coalesce(e.ended_unix_ms, r.ended_unix_ms, r.heartbeat_unix_ms), "
    "m.value "
    "FROM metrics m JOIN runs r USING (run_id) LEFT JOIN epochs e ON e.run_id = m.run_id AND e.epoch = "
    "m.epoch "
    "WHERE m.run_id = ?1 AND (m.epoch > 0 OR NOT EXISTS (SELECT 1 FROM step_metrics s WHERE s.run_id = ?1 "
    "AND "
    "s.split = m.split AND s.name = m.name)) ORDER BY m.split, m.name, m.epoch";

constexpr const char* kStepPoints =
    "SELECT split, name, step, logged_unix_ms, value FROM step_metrics WHERE run_id = ?1 "
    "ORDER BY split, name, step";

constexpr const char* kPieces =
    "SELECT s.step, coalesce(n.path, ''), p.name, s.begin_ns, s.duration_ns "
    "FROM step_profiles s JOIN parts p USING (part_id) LEFT JOIN nodes n USING (node_id) "
    "WHERE s.run_id = ?1 ORDER BY s.step, s.position";

template <class Read>
void read_rows(const Database& db, const char* sql, std::int64_t run_id, Read read) {
  Statement rows = db.prepare(sql);
  rows.bind(1, run_id);
  while (rows.step()) read(rows);
}

void read_curves(const Database& db, std::int64_t run_id, bool over_epochs,
                 std::vector<ExportedRun::Curve>& curves) {
  const std::size_t others = curves.size();
  read_rows(db, over_epochs ? kEpochPoints : kStepPoints, run_id, [&](const Statement& row) {
    const std::string split = row.text(0), metric = row.text(1);
    const bool same =
        curves.size() > others && curves.back().split == split && curves.back().metric == metric;
    if (!same) curves.push_back({split + "_" + metric, over_epochs, split, metric, {}});
    const double value = row.is_null(4) ? std::numeric_limits<double>::quiet_NaN() : row.real(4);
    curves.back().points.push_back({row.integer(2), row.integer(3), value});
  });
}

void tell_apart(std::vector<ExportedRun::Curve>& curves) {
  for (ExportedRun::Curve& curve : curves) {
    const auto twin = [&](const auto& other) { return other.over_epochs && other.name == curve.name; };
    if (!curve.over_epochs && std::ranges::any_of(curves, twin)) curve.name += "_step";
  }
}

}  // namespace

ExportedRun HistoryReader::exported(std::int64_t run_id) const {
  ExportedRun run;
  read_rows(db_, kExportedRun, run_id, [&](const Statement& row) {
    run.uid = row.text(0);
    run.name = row.text(1);
    run.status = row.text(2);
    run.started = row.integer(3);
    if (!row.is_null(4)) run.ended = row.integer(4);
    run.script_path = row.text(5);
    if (!row.is_null(6)) run.git_commit = row.text(6);
    run.device = row.text(7);
    if (!row.is_null(8)) run.seed = row.integer(8);
    run.working_folder = row.text(9);
  });
  check(!run.uid.empty(), Fault::usage, "there is no run {} in {}", run_id, db_.path().string());
  read_rows(db_, "SELECT key, coalesce(value, 'null') FROM run_config WHERE run_id = ?1 ORDER BY key", run_id,
            [&](const Statement& row) { run.config.emplace_back(row.text(0), row.text(1)); });
  read_rows(db_, "SELECT tag FROM tags WHERE run_id = ?1 ORDER BY tag", run_id,
            [&](const Statement& row) { run.tags.push_back(row.text(0)); });
  read_rows(db_, "SELECT text FROM notes WHERE run_id = ?1 ORDER BY note_id", run_id,
            [&](const Statement& row) { run.notes.push_back(row.text(0)); });
  read_rows(db_,
            "SELECT path, kind, name, step, written_unix_ms FROM artifacts WHERE run_id = ?1 ORDER BY name, "
            "step, path",
            run_id, [&](const Statement& row) {
              ExportedRun::File file{row.text(0), row.text(1), row.text(2), {}, row.integer(4)};
              if (!row.is_null(3)) file.step = row.integer(3);
              run.files.push_back(std::move(file));
            });
  read_rows(db_, kPieces, run_id, [&](const Statement& row) {
    run.pieces.push_back({row.integer(0), row.text(1), row.text(2), row.integer(3), row.integer(4)});
  });
  read_curves(db_, run_id, true, run.curves);
  read_curves(db_, run_id, false, run.curves);
  tell_apart(run.curves);
  return run;
}

}  // namespace orrery
