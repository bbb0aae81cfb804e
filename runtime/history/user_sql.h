#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/history/cell.h"
#include "runtime/history/database.h"

namespace orrery {

struct SqlLimits {
  /// What SQLite may take; what the sink takes does not count.
  std::chrono::milliseconds time{60'000};
  /// The longest text or blob that the statement may make.
  std::int64_t cell_bytes = 64 << 20;
  /// Ends the statement when it is true (Ctrl-C); may be empty. Asked often, by the same thread.
  std::function<bool()> stop;
};

/// Takes an answer as it comes, one row at a time.
struct RowSink {
  /// Once, before any row.
  std::function<void(const std::vector<std::string>& columns)> columns;
  /// For each row; false ends the statement.
  std::function<bool(const Row& row)> row;
};

/// Runs one SELECT (or EXPLAIN, VALUES, WITH, or a PRAGMA that only tells) written by a user. Nothing can be
/// changed, attached, loaded or configured by it. Throws an Error that says what was refused, where the
/// SQL is wrong (with the nearest table's name where there is none of that name), that the time was used up
/// (Fault::run), or that it was stopped (Fault::interrupted).
void run_user_sql(Database& db, const std::string& sql, const SqlLimits& limits, const RowSink& sink);

}  // namespace orrery
