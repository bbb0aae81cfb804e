#include "runtime/history/schema.h"

#include <system_error>
#include <thread>

#include <sqlite3.h>

#include "runtime/history/schema_version_1.h"
#include "runtime/history/schema_version_2.h"
#include "runtime/history/schema_version_3.h"
#include "runtime/history/schema_version_4.h"
#include "runtime/history/schema_version_5.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

const Migration kMigrations[] = {
    {1, kSchemaVersion1}, {2, kSchemaVersion2}, {3, kSchemaVersion3},
    {4, kSchemaVersion4}, {5, kSchemaVersion5},
};

constexpr const char* kOtherFile = "Use another history file, or move this one away.";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why,
                         const std::string& remedy) {
  throw Error(Fault::input_file, fmt::format("{}: {}", storable_text(path.native()), why), {}, remedy);
}

void require_a_file(const std::filesystem::path& path, Access access) {
  if (path.empty() || path.native().find('\0') != std::string::npos) {
    refuse(path, "is no path for a history", "Give the history's file name, such as orrery.db.");
  }
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) refuse(path, "is a folder, not a history file", kOtherFile);
  if (!std::filesystem::exists(status)) {
    if (access == Access::create) return;
    refuse(path, "there is no history here", "Run a script first, or say where the history is.");
  }
  if (!std::filesystem::is_regular_file(status)) refuse(path, "is not a regular file", kOtherFile);
  // SQLite takes a file of one byte for an empty one, and would write over it.
  if (std::filesystem::file_size(path, error) == 1)
    refuse(path, "is not a history but a file of one byte", kOtherFile);
}

std::int64_t version_of(const Database& db) { return db.integer("PRAGMA user_version"); }

// What a file says of itself, of one moment: another process may be making it a history just then.
struct Marks {
  explicit Marks(Database& db) {
    db.execute("BEGIN");
    application = db.integer("PRAGMA application_id");
    version = version_of(db);
    fresh = application == 0 && version == 0 && db.integer("SELECT count(*) FROM sqlite_schema") == 0;
    db.execute("COMMIT");
  }

  std::int64_t application, version;
  bool fresh;  ///< nothing is in it yet
};

void require_history(Database& db, int newest) {
  const auto [application, version, fresh] = Marks(db);
  if (application != kApplicationId && !fresh) {
    refuse(db.path(), "is an SQLite file of another application, not an Orrery history", kOtherFile);
  }
  if (version > newest) {
    refuse(db.path(),
           fmt::format("was written by a newer Orrery (history version {}; this one knows up to {})", version,
                       newest),
           "Update Orrery, or use another history file.");
  }
  if (version < 0)
    refuse(db.path(), fmt::format("has the impossible history version {}", version), kOtherFile);
}

// Changing the journal mode can report "locked" without waiting, so it is tried until patience ends.
// A file system that cannot do WAL answers with the mode it keeps, which works as well for one process.
void prefer_wal(Database& db, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    try {
      db.execute("PRAGMA journal_mode = WAL");
      return;
    } catch (const DatabaseError& error) {
      if (error.code() != SQLITE_BUSY || std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void apply(Database& db, const Migration& step) {
  Transaction transaction(db);
  if (version_of(db) >= step.version) return;
  db.execute(step.sql);
  db.execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, step.version));
  transaction.commit();
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

int schema_version() { return kMigrations[std::size(kMigrations) - 1].version; }

void migrate(Database& db, std::span<const Migration> steps) {
  require_history(db, steps.back().version);
  for (const Migration& step : steps) {
    if (version_of(db) < step.version) apply(db, step);
  }
}

Database open_history(const std::filesystem::path& path, Access access, std::chrono::milliseconds patience) {
  require_a_file(path, access);
  Database db(path, access);
  db.wait_for_locks(patience);
  require_history(db, schema_version());
  const bool writes = access == Access::create || access == Access::write;
  if (writes) {
    if (sqlite3_db_readonly(db.handle(), "main") == 0) prefer_wal(db, patience);
    // A commit then survives the death of the process; the last ones may be lost with the machine's power.
    db.execute("PRAGMA synchronous = NORMAL");
    if (version_of(db) < schema_version()) migrate(db, migrations());
  } else if (version_of(db) < schema_version()) {
    refuse(path, "is of an older version and cannot be brought forward here, for it may not be written",
           "Copy it to a folder where you may write, and open the copy.");
  }
  return db;
}

}  // namespace orrery
