#include "runtime/history/user_sql.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <sqlite3.h>

#include "runtime/core/names.h"

namespace orrery {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kReadOnly = "Only questions are answered here: SELECT, VALUES, WITH … SELECT, EXPLAIN.";

constexpr std::array<std::string_view, 11> kTellingPragmas{
    "application_id", "compile_options", "foreign_key_list", "function_list", "index_info",  "index_list",
    "index_xinfo",    "table_info",      "table_list",       "table_xinfo",   "user_version"};

constexpr std::array<std::string_view, 3> kBadFunctions{"load_extension", "fts3_tokenizer", "sqlite_log"};

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& names, const char* name) {
  return name && std::find(names.begin(), names.end(), name) != names.end();
}

// `user_version` with an argument sets it; the others take a table's or index's name.
bool tells(const char* pragma, const char* argument) {
  const std::string_view name = pragma ? pragma : "";
  const bool sets = argument && (name == "user_version" || name == "application_id");
  return holds(kTellingPragmas, pragma) && !sets;
}

/// Restricts a connection while one statement of a user runs, and tells why it ended.
class Restraint {
 public:
  Restraint(sqlite3* db, const SqlLimits& limits)
      : db_(db), limits_(limits), deadline_(Clock::now() + limits.time) {
    const auto bytes = std::clamp<std::int64_t>(limits.cell_bytes, 1, 1'000'000'000);
    old_length_ = sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, static_cast<int>(bytes));
    old_attached_ = sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_set_authorizer(db_, authorize, this);
    sqlite3_progress_handler(db_, 1000, interrupt, this);
  }
  ~Restraint() {
    sqlite3_progress_handler(db_, 0, nullptr, nullptr);
    sqlite3_set_authorizer(db_, nullptr, nullptr);
    sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, old_attached_);
    sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, old_length_);
  }
  Restraint(const Restraint&) = delete;
  Restraint& operator=(const Restraint&) = delete;

  bool stopped() const { return limits_.stop && limits_.stop(); }
  bool late() const { return Clock::now() >= deadline_; }

  /// Calls what takes a row; a reader that takes its time (`| less`) does not use up the query's.
  bool give(const std::function<bool(const Row&)>& sink, const Row& row) {
    const Clock::time_point before = Clock::now();
    const bool go_on = sink(row);
    deadline_ += Clock::now() - before;
    return go_on;
  }

 private:
  static int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_READ:
      case SQLITE_RECURSIVE: return SQLITE_OK;
      case SQLITE_FUNCTION: return holds(kBadFunctions, second) ? SQLITE_DENY : SQLITE_OK;
      case SQLITE_PRAGMA: return tells(first, second) ? SQLITE_OK : SQLITE_DENY;
      // Asked when a table-valued function such as pragma_table_info is first used. A real update of the
      // schema is refused by the defensive mode, by query_only and for not being read-only.
      case SQLITE_UPDATE: return std::string_view(first) == "sqlite_master" ? SQLITE_OK : SQLITE_DENY;
      default: return SQLITE_DENY;
    }
  }
  static int interrupt(void* self) {
    const auto* restraint = static_cast<const Restraint*>(self);
    return restraint->stopped() || restraint->late();
  }

  sqlite3* db_;
  const SqlLimits& limits_;
  Clock::time_point deadline_;
  int old_length_ = 0;
  int old_attached_ = 0;
};

// What stands behind these words in SQLite's message is a name that the SQL gives.
std::string nearest_table(const Database& db, const std::string& message) {
  constexpr std::string_view kSaid = "no such table: ";
  const std::size_t at = message.find(kSaid);
  if (at == std::string::npos) return {};
  std::vector<std::string> names;
  Statement query = db.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')");
  while (query.step()) names.push_back(query.text(0));
  return did_you_mean(message.substr(at + kSaid.size()), names);
}

[[noreturn]] void explain(const Database& db, const DatabaseError& error, const Restraint& restraint,
                          const SqlLimits& limits) {
  if (error.code() == SQLITE_AUTH || error.code() == SQLITE_READONLY) {
    throw Error(Fault::usage, "this SQL would change something, or leave the history: " + error.message(), {},
                kReadOnly);
  }
  if (error.code() == SQLITE_INTERRUPT && restraint.stopped()) {
    throw Error(Fault::interrupted, "the query was stopped");
  }
  if (error.code() == SQLITE_INTERRUPT) {
    throw Error(
        Fault::run,
        fmt::format("the query was ended after {} s", static_cast<double>(limits.time.count()) / 1000.0), {},
        "Ask for less (WHERE, LIMIT), or give it more time.");
  }
  const std::string hint = nearest_table(db, error.message());
  if (!hint.empty()) throw Error(error.fault(), error.message() + hint, {}, error.remedy());
  throw error;
}

void require_nothing_after(const Database& db, std::string_view rest) {
  std::size_t used = 0;
  while (!rest.empty()) {
    if (Statement(db.handle(), db.path(), rest, &used)) {
      throw Error(Fault::usage, "the SQL holds more than one statement", {}, "Ask one question at a time.");
    }
    if (used == 0) return;
    rest.remove_prefix(used);
  }
}

Row read_row(const Statement& statement, int columns) {
  Row row;
  row.reserve(static_cast<std::size_t>(columns));
  for (int column = 0; column < columns; ++column) row.push_back(statement.cell(column));
  return row;
}

void stream(Statement& statement, const RowSink& sink, Restraint& restraint) {
  const int columns = statement.columns();
  std::vector<std::string> names;
  for (int column = 0; column < columns; ++column) names.push_back(statement.column_name(column));
  if (sink.columns) sink.columns(names);
  while (statement.step()) {
    if (!restraint.give(sink.row, read_row(statement, columns))) return;
  }
}

}  // namespace

void run_user_sql(Database& db, const std::string& sql, const SqlLimits& limits, const RowSink& sink) {
  Restraint restraint(db.handle(), limits);
  try {
    std::size_t used = 0;
    Statement statement(db.handle(), db.path(), sql, &used);
    if (!statement) throw Error(Fault::usage, "there is no SQL to run", {}, kReadOnly);
    require_nothing_after(db, std::string_view(sql).substr(used));
    if (!sqlite3_stmt_readonly(statement.handle())) {
      throw Error(Fault::usage, "this SQL would change something", {}, kReadOnly);
    }
    stream(statement, sink, restraint);
  } catch (const DatabaseError& error) {
    explain(db, error, restraint, limits);
  }
}

}  // namespace orrery
