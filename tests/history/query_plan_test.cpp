#include <algorithm>
#include <mutex>
#include <set>

#include <sqlite3.h>

#include "runtime/history/artifact.h"
#include "runtime/history/machine.h"
#include "runtime/history/merge.h"
#include "runtime/history/recorded_run.h"
#include "runtime/history/thread_choices.h"
#include "tests/history/history_fixture.h"

namespace orrery {
namespace {

/// Every statement that any connection of this process runs while it lives.
class Overheard {
 public:
  Overheard() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(attach)); }
  ~Overheard() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(attach)); }
  Overheard(const Overheard&) = delete;
  Overheard& operator=(const Overheard&) = delete;

  static std::set<std::string> statements() {
    const std::lock_guard lock(mutex_);
    return std::exchange(statements_, {});
  }

 private:
  static int attach(sqlite3* db, const char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, heard, nullptr);
  }
  static int heard(unsigned, void*, void* statement, void*) {
    const char* sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    const std::lock_guard lock(mutex_);
    if (sql) statements_.insert(sql);
    return 0;
  }

  static inline std::mutex mutex_;
  static inline std::set<std::string> statements_;
};

}  // namespace

/// No statement of the program reads a large table from end to end.
class QueryPlanTest : public HistoryTest {
 protected:
  void write_runs() {
    RunInfo info = run_info("mine");
    info.project = "digits";
    info.graph->nodes = {{"encoder/attn/q", "encoder/attn", "Linear", 1}};
    for (int i = 0; i < 2; ++i) {
      HistoryWriter writer(options(), info);
      writer.profile_nodes(1, std::vector{cost("encoder/attn/q", Quantity::forward_seconds, 0.5)});
      writer.profile_kernels(1, std::vector<KernelProfileRecord>{
                                    {"encoder/attn/q", StepPart::forward, "aten::addmm", "cpu", 1, 1, 1, 1}});
      writer.step({Split::train, "loss", 50, 1, 0.5, now_});
      writer.line({LogLine::Stream::out, "one"});
      writer.event({"checkpoint", "checkpoints/1"});
      writer.artifact({"weights", "digits.safetensors", 10, ""});
      write_epoch(writer, 1);
      writer.finish(RunStatus::interrupted, "");
      info.goes_on_after = 0;
    }
    RecordedRun recorded(options(), run_info("by hand"));
    recorded.log("reward", 1, Split::train, {});
    recorded.tag("baseline");
    recorded.note("looks good");
    recorded.finish(RunStatus::done);
    add_artifact(options(), "mine", {"diagram", "digits.pdf", 10, ""});
    add_metrics(options(), "mine", {{0, Split::test, "loss", 1}});
    keep_threads(path_, {"5eed", "batch", "machine", "build"}, 2, now_);
    kept_threads(path_, {"5eed", "batch", "machine", "build"});
    keep_roof(path_, machine_here(), {"cpu", 2, 90, 20}, now_);
    kept_roof(path_, machine_here(), "cpu", 2);
  }

  void read_runs() {
    const HistoryReader reader(path_, clock());
    reader.list();
    reader.list({.status = RunStatus::done, .tag = "first", .name_part = "m", .structural_hash = "5eed"});
    reader.list({.like = "last",
                 .where = "val_loss<1 and lr=0.01 and tag=first and not note~x",
                 .sort = "-best:loss,seed",
                 .settings = true});
    reader.list({.columns = "run,lr,loss,min:train_loss"});
    reader.graph_changes(1, 2);
    reader.nodes(1);
    for (const char* run : {"last", "last~1", "mine", "min", "1", "best:val_loss"}) {
      reader.show(reader.resolve(run));
      reader.block_epochs(reader.resolve(run));
      reader.exported(reader.resolve(run));
    }
  }

  void merge_runs() {
    Database into = open_history(folder_ / "into.db", Access::create, std::chrono::seconds(1));
    merge_history(into, path_);
  }

  static std::vector<std::string> plan(const Database& db, const std::string& sql) {
    std::vector<std::string> steps;
    Statement rows = db.prepare("EXPLAIN QUERY PLAN " + sql);
    while (rows.step()) steps.push_back(rows.text(3));
    return steps;
  }

  // Lists show every run; quantities, parts and what SQLite makes for itself are short; a view that is read
  // from end to end was made of one run's rows.
  static bool is_short(const std::string& step) {
    static const std::set<std::string> kShort{"runs",
                                              "r",
                                              "s",
                                              "other.runs",
                                              "q",
                                              "quantities",
                                              "parts",
                                              "j",
                                              "ended",
                                              "sqlite_master",
                                              "sqlite_sequence",
                                              "(subquery",
                                              "d",
                                              "block_cost",
                                              "block_epochs",
                                              "node_cost",
                                              "node_epochs",
                                              "part_cost"};
    if (step.find("CONSTANT ROW") != step.npos) return true;
    const std::string what = step.substr(5);
    return std::ranges::any_of(kShort, [&](const std::string& name) {
      return what == name || what.starts_with(name + " ") || what.starts_with(name + "-");
    });
  }
};

TEST_F(QueryPlanTest, EveryStatementOfTheProgramUsesAnIndex) {
  const Overheard overheard;
  write_runs();
  read_runs();
  merge_runs();
  const auto statements = Overheard::statements();
  Database db = raw();
  // Foreign keys of rows that are added are looked for only after a violation, which the plans do not say.
  db.execute("PRAGMA foreign_keys = 0; CREATE TEMP TABLE ended (run_id INTEGER PRIMARY KEY)");
  db.prepare("ATTACH ? AS other").run((folder_ / "into.db").native());
  int explained = 0;
  for (const std::string& sql : statements) {
    if (!sql.starts_with("SELECT") && !sql.starts_with("INSERT") && !sql.starts_with("UPDATE") &&
        !sql.starts_with("DELETE"))
      continue;
    if (sql.find("pragma_") != sql.npos) continue;
    ++explained;
    for (const std::string& step : plan(db, sql))
      EXPECT_TRUE(!step.starts_with("SCAN ") || is_short(step)) << step << "\n  in " << sql;
  }
  EXPECT_GT(explained, 60);
}

}  // namespace orrery
