#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/core/error.h"
#include "runtime/history/cell.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orrery {

/// The version of the SQLite that runs.
std::string sqlite_version();

/// SQLite refused something. The message names the file and what SQLite said; the remedy what to do.
class DatabaseError : public Error {
 public:
  DatabaseError(int code, const std::filesystem::path& path, const std::string& detail);

  /// SQLite's primary result code (https://sqlite.org/rescode.html).
  int code() const { return code_; }
  /// True when the same call may succeed later: locked, disk full, a failed read or write.
  bool passing() const;

 private:
  int code_;
};

/// One prepared statement. Belongs to the Database that made it and must not outlive it. Parameters
/// count from 1, columns from 0. Same thread as the database.
class Statement {
 public:
  Statement(sqlite3* db, const std::filesystem::path& path, std::string_view sql,
            std::size_t* consumed = nullptr);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  void bind(int parameter, std::nullptr_t);
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, int value) { bind(parameter, static_cast<std::int64_t>(value)); }
  void bind(int parameter, bool value) { bind(parameter, static_cast<std::int64_t>(value)); }
  /// NaN is bound as NULL, as SQLite does.
  void bind(int parameter, double value);
  /// Kept as `storable_text`.
  void bind(int parameter, std::string_view value);
  void bind(int parameter, const std::string& value) { bind(parameter, std::string_view(value)); }
  void bind(int parameter, const char* value) { bind(parameter, std::string_view(value)); }
  void bind(int parameter, const Blob& value);
  void bind(int parameter, const Cell& value);
  template <class T>
  void bind(int parameter, const std::optional<T>& value) {
    value ? bind(parameter, *value) : bind(parameter, nullptr);
  }

  /// Binds parameters 1, 2, … in order.
  template <class... Args>
  Statement& bind_all(const Args&... args) {
    int parameter = 0;
    (bind(++parameter, args), ...);
    return *this;
  }

  /// True while there is a row.
  bool step();
  /// Ready to be bound and run again.
  void reset();
  /// Binds, runs to the end, resets: for statements that return nothing.
  template <class... Args>
  void run(const Args&... args) {
    bind_all(args...);
    while (step()) {
    }
    reset();
  }

  int columns() const;
  std::string column_name(int column) const;
  Cell cell(int column) const;
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;

  /// False for text that holds no statement (blanks, comments).
  explicit operator bool() const { return statement_ != nullptr; }
  sqlite3_stmt* handle() const { return statement_; }

 private:
  void require(int code) const;

  sqlite3* db_;
  std::filesystem::path path_;
  sqlite3_stmt* statement_ = nullptr;
};

/// How a file is opened: `create` makes it when missing; `write` wants it there; `read` changes nothing;
/// `frozen` reads a file that nobody writes, on a medium where SQLite cannot keep its side files.
enum class Access { create, write, read, frozen };

/// One connection to an SQLite file, hardened (defensive, schema not trusted, no extensions, foreign keys
/// on). Movable, not copyable; used by one thread at a time.
class Database {
 public:
  Database(const std::filesystem::path& path, Access access);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  /// Runs every statement of the text.
  void execute(const std::string& sql);
  Statement prepare(std::string_view sql) const { return Statement(db_, path_, sql); }
  /// First cell of the first row, which must be there.
  std::int64_t integer(std::string_view sql) const;
  std::string text(std::string_view sql) const;

  /// How long a statement waits for another process's lock before it fails.
  void wait_for_locks(std::chrono::milliseconds limit);
  std::int64_t last_row_id() const;

  const std::filesystem::path& path() const { return path_; }
  sqlite3* handle() const { return db_; }

 private:
  std::filesystem::path path_;
  sqlite3* db_ = nullptr;
};

/// A write transaction (BEGIN IMMEDIATE): rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& db);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& db_;
  bool open_ = true;
};

}  // namespace orrery
