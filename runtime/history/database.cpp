#include "runtime/history/database.h"

#include <cctype>

#include <sqlite3.h>

#include "runtime/history/text.h"

namespace orrery {
namespace {

Fault fault_of(int code) {
  switch (code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return Fault::input_file;
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return Fault::write;
    case SQLITE_NOMEM: return Fault::memory;
    case SQLITE_ERROR:
    case SQLITE_AUTH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE: return Fault::usage;
    default: return Fault::run;
  }
}

std::string remedy_of(int code) {
  switch (code) {
    case SQLITE_NOTADB: return "This is not an SQLite file. Move it away, or use another history file.";
    case SQLITE_CORRUPT:
      return "The file is damaged. Move it away; `sqlite3 FILE .recover` may save most of it.";
    case SQLITE_FULL: return "Free some space on this disk, or use a history file on another one.";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return "Check that the file and its folder exist and that you may write there.";
    case SQLITE_IOERR: return "Reading or writing failed: check the disk, and that the file was not moved.";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "Another program holds the file. Close it, or try again when it is done.";
    default: return {};
  }
}

std::string uri_of(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char c : path.native()) {
    const bool safe =
        std::isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '.' || c == '-' || c == '_';
    uri += safe ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

int open_flags(Access access) {
  switch (access) {
    case Access::create: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Access::write: return SQLITE_OPEN_READWRITE;
    case Access::read: return SQLITE_OPEN_READONLY;
    case Access::frozen: return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  }
  return 0;
}

void harden(sqlite3* db) {
  sqlite3_extended_result_codes(db, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
}

}  // namespace

std::string sqlite_version() { return sqlite3_libversion(); }

DatabaseError::DatabaseError(int code, const std::filesystem::path& path, const std::string& detail)
    : Error(fault_of(code & 0xFF), fmt::format("{}: {}", storable_text(path.native()), detail), {},
            remedy_of(code & 0xFF)),
      code_(code & 0xFF) {}

bool DatabaseError::passing() const {
  return code_ == SQLITE_BUSY || code_ == SQLITE_LOCKED || code_ == SQLITE_FULL || code_ == SQLITE_IOERR ||
         code_ == SQLITE_CANTOPEN;
}

Statement::Statement(sqlite3* db, const std::filesystem::path& path, std::string_view sql,
                     std::size_t* consumed)
    : db_(db), path_(path) {
  const char* tail = nullptr;
  require(sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement_, &tail));
  if (consumed) *consumed = static_cast<std::size_t>(tail - sql.data());
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_), path_(std::move(other.path_)), statement_(std::exchange(other.statement_, nullptr)) {}

void Statement::require(int code) const {
  if (code != SQLITE_OK) throw DatabaseError(code, path_, sqlite3_errmsg(db_));
}

void Statement::bind(int parameter, std::nullptr_t) { require(sqlite3_bind_null(statement_, parameter)); }

void Statement::bind(int parameter, std::int64_t value) {
  require(sqlite3_bind_int64(statement_, parameter, value));
}

void Statement::bind(int parameter, double value) {
  require(sqlite3_bind_double(statement_, parameter, value));
}

void Statement::bind(int parameter, std::string_view value) {
  const std::string text = storable_text(value);
  require(
      sqlite3_bind_text64(statement_, parameter, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int parameter, const Blob& value) {
  require(
      sqlite3_bind_blob64(statement_, parameter, value.bytes.data(), value.bytes.size(), SQLITE_TRANSIENT));
}

void Statement::bind(int parameter, const Cell& value) {
  std::visit(
      [&](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>)
          bind(parameter, nullptr);
        else
          bind(parameter, held);
      },
      value);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const DatabaseError error(code, path_, sqlite3_errmsg(db_));
  sqlite3_reset(statement_);
  throw error;
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

int Statement::columns() const { return sqlite3_column_count(statement_); }

std::string Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(statement_, column);
  return name ? storable_text(name) : std::string();
}

Cell Statement::cell(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER: return integer(column);
    case SQLITE_FLOAT: return real(column);
    case SQLITE_TEXT: return text(column);
    case SQLITE_BLOB: {
      const char* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
      return Blob{bytes ? std::string(bytes, size) : std::string()};
    }
    default: return std::monostate{};
  }
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_, column);
  if (!bytes) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return storable_text({reinterpret_cast<const char*>(bytes), size});
}

// An absolute path can be taken neither for `:memory:` nor for a `file:` address.
Database::Database(const std::filesystem::path& path, Access access) : path_(path) {
  const std::filesystem::path whole = std::filesystem::absolute(path);
  const std::string name = access == Access::frozen ? uri_of(whole) : whole.native();
  const int code = sqlite3_open_v2(name.c_str(), &db_, open_flags(access), nullptr);
  if (code != SQLITE_OK) {
    const DatabaseError error(code, path_, db_ ? sqlite3_errmsg(db_) : sqlite3_errstr(code));
    sqlite3_close(db_);
    throw error;
  }
  harden(db_);
}

Database::~Database() { sqlite3_close_v2(db_); }

Database::Database(Database&& other) noexcept
    : path_(std::move(other.path_)), db_(std::exchange(other.db_, nullptr)) {}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw DatabaseError(code, path_, sqlite3_errmsg(db_));
}

std::int64_t Database::integer(std::string_view sql) const {
  Statement statement = prepare(sql);
  invariant(statement.step(), "a query that must have a row has none");
  return statement.integer(0);
}

std::string Database::text(std::string_view sql) const {
  Statement statement = prepare(sql);
  invariant(statement.step(), "a query that must have a row has none");
  return statement.text(0);
}

void Database::wait_for_locks(std::chrono::milliseconds limit) {
  sqlite3_busy_timeout(db_, static_cast<int>(limit.count()));
}

std::int64_t Database::last_row_id() const { return sqlite3_last_insert_rowid(db_); }

Transaction::Transaction(Database& db) : db_(db) { db_.execute("BEGIN IMMEDIATE"); }

// SQLite may have rolled back by itself (full disk), so a refusal here says nothing new.
Transaction::~Transaction() {
  if (open_ && !sqlite3_get_autocommit(db_.handle())) {
    sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  db_.execute("COMMIT");
  open_ = false;
}

}  // namespace orrery
