#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/history/database.h"
#include "runtime/history/merge.h"
#include "runtime/history/records.h"

namespace orrery {

/// What a person changes in a history: tags, notes, names, and which runs are kept. Opening brings an older
/// file forward and marks runs whose process has ended, as HistoryReader. Each method is one transaction.
/// Owns its connection; one thread; not copied. Errors are thrown (`Error`): usage for what may not be,
/// DatabaseError for a file that cannot be written.
class HistoryKeeper {
 public:
  /// `access`: `write` wants the file there, `create` makes it.
  explicit HistoryKeeper(const std::filesystem::path& path, WallClock clock = machine_clock,
                         std::chrono::milliseconds patience = std::chrono::milliseconds(2000),
                         Access access = Access::write);
  HistoryKeeper(const HistoryKeeper&) = delete;
  HistoryKeeper& operator=(const HistoryKeeper&) = delete;

  /// See `resolve_run`; of runs that are not in the trash.
  std::int64_t resolve(std::string_view text) const;
  /// The same of runs that are in the trash, by number or whole name.
  std::int64_t resolve_trashed(std::string_view text) const;

  /// A tag is a word for people and filters: 1 to 100 bytes of UTF-8 without blanks at its ends, commas and
  /// control characters, and begins with neither + nor -. Returns whether the run did not have it.
  bool add_tag(std::int64_t run_id, const std::string& tag);
  /// Whether the run had it.
  bool remove_tag(std::int64_t run_id, const std::string& tag);
  /// Of at least one letter.
  void add_note(std::int64_t run_id, const std::string& text);
  /// Refuses a name that cannot be one (`check_run_name`) or is another run's, and a run that is going on:
  /// its process knows it by its name.
  void rename(std::int64_t run_id, const std::string& name);

  /// Hides the run from all views and lists; it stays in the file. Refuses one that is going on.
  void trash(std::int64_t run_id);
  void restore(std::int64_t run_id);

  /// See `ask_to_stop`; returns before the run has ended.
  std::int64_t stop(std::int64_t run_id) const;

  /// See `merge_history`.
  std::vector<MergedRun> merge(const std::filesystem::path& from, const std::vector<std::int64_t>& run_ids);

  struct Purged {
    std::int64_t runs = 0;
    /// Of the file, freed within it.
    std::int64_t bytes = 0;
    /// The file has become so much smaller; false where another program holds it: then new rows fill the
    /// room.
    bool given_back = false;
  };
  /// Removes the runs with all their rows, and graphs that no other run has. Refuses, before any is removed,
  /// when one is going on.
  Purged purge(std::span<const std::int64_t> run_ids);

  const std::filesystem::path& path() const { return db_.path(); }

 private:
  void require_ended(std::int64_t run_id, const char* what, const char* remedy) const;
  std::int64_t bytes_in_use() const;
  bool give_back();

  Database db_;
  WallClock clock_;
};

}  // namespace orrery
