#include "runtime/history/export_mlflow.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/ranges.h>

#include "runtime/history/database.h"
#include "runtime/history/mlflow_schema.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr const char* kExperiment = "orrery";
constexpr std::chrono::milliseconds kMlflowPatience{5000};

// As MLflow keeps it: runs of one kind of end are called otherwise there.
std::string mlflow_status(const std::string& status) {
  if (status == "done") return "FINISHED";
  if (status == "interrupted") return "KILLED";
  return status == "failed" ? "FAILED" : "RUNNING";
}

double storable(double value) {
  constexpr double kMost = std::numeric_limits<double>::max();
  return std::isnan(value) ? 0 : std::clamp(value, -kMost, kMost);
}

bool has_table(const Database& db, const std::string& table) {
  return db.integer(fmt::format("SELECT count(*) FROM sqlite_schema WHERE name = '{}'", table)) > 0;
}

void require_store(Database& db) {
  if (db.integer("SELECT count(*) FROM sqlite_schema") == 0) return db.execute(kMlflowSchema);
  for (const char* table : {"experiments", "runs", "metrics", "latest_metrics", "params", "tags"}) {
    if (has_table(db, table)) continue;
    throw Error(Fault::input_file,
                fmt::format("{}: is an SQLite file without MLflow's table '{}'",
                            storable_text(db.path().native()), table),
                {}, "Name a file that is not there yet, or one that MLflow made.");
  }
}

std::int64_t experiment_id(Database& db) {
  const std::string query =
      fmt::format("SELECT coalesce(max(experiment_id), -1) FROM experiments WHERE name = '{}'", kExperiment);
  if (const std::int64_t id = db.integer(query); id >= 0) return id;
  db.prepare("INSERT INTO experiments (name, lifecycle_stage, artifact_location) VALUES (?, 'active', ?)")
      .run(kExperiment, (std::filesystem::absolute(db.path()).parent_path() / "mlruns").string());
  return db.integer(query);
}

/// Writes one run after another inside the caller's transaction.
class MlflowRows {
 public:
  MlflowRows(Database& db, std::int64_t experiment)
      : experiment_(experiment),
        artifacts_((std::filesystem::absolute(db.path()).parent_path() / "mlruns").string()),
        run_(db.prepare(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, "
            "start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id) "
            "VALUES (?, ?, 'LOCAL', ?, '', '', ?, ?, ?, ?, 'active', ?, ?) "
            "ON CONFLICT (run_uuid) DO UPDATE SET name = excluded.name, status = excluded.status, "
            "end_time = excluded.end_time")),
        forget_metrics_(db.prepare("DELETE FROM metrics WHERE run_uuid = ?")),
        forget_latest_(db.prepare("DELETE FROM latest_metrics WHERE run_uuid = ?")),
        metric_(db.prepare("INSERT OR REPLACE INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
                           "VALUES (?, ?, ?, ?, ?, ?)")),
        latest_(db.prepare("INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan) "
                           "VALUES (?, ?, ?, ?, ?, ?)")),
        param_(db.prepare("INSERT OR REPLACE INTO params (key, value, run_uuid) VALUES (?, ?, ?)")),
        tag_(db.prepare("INSERT OR REPLACE INTO tags (key, value, run_uuid) VALUES (?, ?, ?)")) {}

  void write(const ExportedRun& run) {
    run_.run(run.uid, run.name, run.script_path, mlflow_status(run.status), run.started, run.ended,
             run.git_commit.value_or(""), artifacts_ + "/" + run.uid + "/artifacts", experiment_);
    for (const auto& [key, value] : run.config) param_.run(key, value, run.uid);
    write_tags(run);
    forget_metrics_.run(run.uid);
    forget_latest_.run(run.uid);
    for (const ExportedRun::Curve& curve : run.curves) write_curve(run, curve);
  }

 private:
  void write_curve(const ExportedRun& run, const ExportedRun::Curve& curve) {
    for (const ExportedRun::Point& point : curve.points) write_point(metric_, run, curve, point);
    write_point(latest_, run, curve, curve.points.back());
  }

  static void write_point(Statement& into, const ExportedRun& run, const ExportedRun::Curve& curve,
                          const ExportedRun::Point& point) {
    into.run(curve.name, storable(point.value), point.at, run.uid, point.step, std::isnan(point.value));
  }

  // Tags that begin with `mlflow.` are those that its pages show in places of their own.
  void write_tags(const ExportedRun& run) {
    const auto tag = [&](const std::string& key, const std::string& value) {
      if (!value.empty()) tag_.run(key, value, run.uid);
    };
    tag("mlflow.runName", run.name);
    tag("mlflow.source.name", run.script_path);
    tag("mlflow.source.type", "LOCAL");
    tag("mlflow.source.git.commit", run.git_commit.value_or(""));
    tag("mlflow.note.content", fmt::format("{}", fmt::join(run.notes, "\n\n")));
    tag("orrery.device", run.device);
    if (run.seed) tag("orrery.seed", std::to_string(*run.seed));
    for (const std::string& word : run.tags) tag_.run(word, "true", run.uid);
  }

  std::int64_t experiment_;
  std::string artifacts_;
  Statement run_, forget_metrics_, forget_latest_, metric_, latest_, param_, tag_;
};

}  // namespace

void export_to_mlflow(const std::filesystem::path& path, std::span<const ExportedRun> runs) {
  Database db(path, Access::create);
  db.wait_for_locks(kMlflowPatience);
  Transaction transaction(db);
  require_store(db);
  MlflowRows rows(db, experiment_id(db));
  for (const ExportedRun& run : runs) rows.write(run);
  transaction.commit();
}

}  // namespace orrery
