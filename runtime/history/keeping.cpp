#include "runtime/history/keeping.h"

#include <algorithm>

#include "runtime/core/names.h"
#include "runtime/history/interrupted.h"
#include "runtime/history/run_name.h"
#include "runtime/history/run_selector.h"
#include "runtime/history/schema.h"
#include "runtime/history/stopping.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

std::string fault_in_tag(std::string_view tag) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
  if (tag.empty()) return "is empty";
  if (tag.size() > 100) return "is longer than 100 bytes";
  if (!is_plain_text(tag)) return "is not UTF-8";
  if (std::ranges::any_of(tag, control)) return "holds a control character";
  if (tag.front() == ' ' || tag.back() == ' ') return "begins or ends with a blank";
  if (tag.find(',') != std::string_view::npos) return "holds a comma, which stands between tags";
  if (tag.front() == '+' || tag.front() == '-') return "begins with + or -";
  return {};
}

void check_tag(std::string_view tag) {
  const std::string fault = fault_in_tag(tag);
  check(fault.empty(), Fault::usage, "the tag '{}' {}", storable_text(tag.substr(0, 120)), fault);
}

bool changed_a_row(const Database& db) { return db.integer("SELECT changes()") > 0; }

// No row of a cost belongs to a block of a graph without runs. SQLite would read all costs for each block to
// find that out, so it does not look.
void forget_graphs(Database& db) {
  db.execute("PRAGMA foreign_keys = 0");
  {
    Transaction transaction(db);
    for (const char* table : {"nodes", "blocks", "graphs"})
      db.prepare(
            fmt::format("DELETE FROM {} WHERE graph_id IN (SELECT g.graph_id FROM graphs g WHERE NOT EXISTS"
                        " (SELECT 1 FROM runs r WHERE r.graph_id = g.graph_id))",
                        table))
          .run();
    transaction.commit();
  }
  db.execute("PRAGMA foreign_keys = 1");
}

}  // namespace

HistoryKeeper::HistoryKeeper(const std::filesystem::path& path, WallClock clock,
                             std::chrono::milliseconds patience, Access access)
    : db_(open_history(path, access, patience)), clock_(std::move(clock)) {
  mark_interrupted(db_, this_process(), clock_());
}

std::int64_t HistoryKeeper::resolve(std::string_view text) const { return resolve_run(db_, text); }

std::int64_t HistoryKeeper::resolve_trashed(std::string_view text) const {
  Statement all = db_.prepare("SELECT run_id, name FROM runs WHERE trashed_unix_ms IS NOT NULL");
  std::vector<std::string> names;
  while (all.step()) {
    if (text == all.text(1) || text == all.text(0)) return all.integer(0);
    names.push_back(all.text(1));
  }
  throw Error(
      Fault::usage,
      fmt::format("there is no run '{}' in the trash{}", storable_text(text), did_you_mean(text, names)), {},
      "orrery history trash lists what is there.");
}

bool HistoryKeeper::add_tag(std::int64_t run_id, const std::string& tag) {
  check_tag(tag);
  db_.prepare("INSERT OR IGNORE INTO tags (run_id, tag) VALUES (?, ?)").run(run_id, tag);
  return changed_a_row(db_);
}

bool HistoryKeeper::remove_tag(std::int64_t run_id, const std::string& tag) {
  db_.prepare("DELETE FROM tags WHERE run_id = ? AND tag = ?").run(run_id, tag);
  return changed_a_row(db_);
}

void HistoryKeeper::add_note(std::int64_t run_id, const std::string& text) {
  check(text.find_first_not_of(" \t\r\n") != std::string::npos, Fault::usage, "the note is empty");
  db_.prepare("INSERT INTO notes (run_id, written_unix_ms, text) VALUES (?, ?, ?)")
      .run(run_id, clock_(), text);
}

void HistoryKeeper::require_ended(std::int64_t run_id, const char* what, const char* remedy) const {
  Statement run = db_.prepare("SELECT name, status FROM runs WHERE run_id = ?");
  run.bind(1, run_id);
  check(run.step(), Fault::usage, "there is no run {} in {}", run_id, storable_text(db_.path().native()));
  if (run.text(1) != name(RunStatus::running)) return;
  throw Error(Fault::usage, fmt::format("{} is going on and cannot be {}", run.text(0), what), {}, remedy);
}

void HistoryKeeper::rename(std::int64_t run_id, const std::string& name) {
  check_run_name(name);
  Transaction transaction(db_);
  require_ended(run_id, "renamed", "Rename it when it has ended.");
  Statement other = db_.prepare("SELECT run_id, trashed_unix_ms FROM runs WHERE name = ? AND run_id <> ?");
  other.bind_all(name, run_id);
  if (other.step()) {
    fail(Fault::usage, "the name '{}' is taken: run {}{} has it", name, other.integer(0),
         other.is_null(1) ? "" : ", in the trash,");
  }
  db_.prepare("UPDATE runs SET name = ? WHERE run_id = ?").run(name, run_id);
  transaction.commit();
}

void HistoryKeeper::trash(std::int64_t run_id) {
  Transaction transaction(db_);
  require_ended(run_id, "removed", "End it first: orrery history stop RUN.");
  db_.prepare("UPDATE runs SET trashed_unix_ms = ? WHERE run_id = ?").run(clock_(), run_id);
  transaction.commit();
}

void HistoryKeeper::restore(std::int64_t run_id) {
  db_.prepare("UPDATE runs SET trashed_unix_ms = NULL WHERE run_id = ?").run(run_id);
}

std::int64_t HistoryKeeper::stop(std::int64_t run_id) const { return ask_to_stop(db_, run_id); }

std::vector<MergedRun> HistoryKeeper::merge(const std::filesystem::path& from,
                                            const std::vector<std::int64_t>& run_ids) {
  return merge_history(db_, from, run_ids);
}

HistoryKeeper::Purged HistoryKeeper::purge(std::span<const std::int64_t> run_ids) {
  const std::int64_t before = bytes_in_use();
  Purged purged;
  {
    Transaction transaction(db_);
    Statement remove = db_.prepare("DELETE FROM runs WHERE run_id = ?");
    for (const std::int64_t run : run_ids) {
      require_ended(run, "removed", "End it first: orrery history stop RUN.");
      remove.run(run);
      ++purged.runs;
    }
    transaction.commit();
  }
  forget_graphs(db_);
  purged.given_back = give_back();
  purged.bytes = before - bytes_in_use();
  return purged;
}

std::int64_t HistoryKeeper::bytes_in_use() const {
  const std::int64_t pages = db_.integer("PRAGMA page_count") - db_.integer("PRAGMA freelist_count");
  return pages * db_.integer("PRAGMA page_size");
}

// Needs the file for a moment for itself; while a run writes, the room waits for new rows.
bool HistoryKeeper::give_back() {
  try {
    db_.execute("VACUUM");
    return db_.integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0;
  } catch (const DatabaseError& error) {
    if (!error.passing()) throw;
    return false;
  }
}

}  // namespace orrery
