#include "runtime/history/run_sink.h"

#include <random>
#include <sys/stat.h>
#include <system_error>

#include "runtime/history/artifact.h"
#include "runtime/history/interrupted.h"
#include "runtime/history/run_name.h"
#include "runtime/history/schema.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

// What a run may keep in memory while the file is locked: about 50 MB.
constexpr std::int64_t kWaitingLimit = 200'000;

std::uint64_t random_number() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// Absolute, so that a script that changes the folder does not change the history.
std::filesystem::path whole(const std::filesystem::path& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute;
}

std::string name_of(const RunInfo& run, std::uint64_t chance) {
  if (run.name.empty()) return make_run_name(chance, static_cast<std::int64_t>(chance >> 32) % 1000);
  check_run_name(run.name);
  return run.name;
}

/// A path of a file that is not there: `orrery-RUN.lost.db`, `orrery-RUN-2.lost.db`, …
std::filesystem::path free_side_file(const std::filesystem::path& folder, const std::string& stem) {
  auto path = folder / (stem + ".lost.db");
  for (int i = 2; std::filesystem::exists(path); ++i) path = folder / fmt::format("{}-{}.lost.db", stem, i);
  return path;
}

void remove_history(const std::filesystem::path& path) {
  std::error_code ignored;
  for (const char* ending : {"", "-wal", "-shm", "-journal"})
    std::filesystem::remove(path.native() + ending, ignored);
}

}  // namespace

RunSink::RunSink(std::filesystem::path path, std::chrono::milliseconds patience, RunInfo run,
                 UnixMilliseconds now)
    : path_(whole(path)),
      patience_(patience),
      run_(std::move(run)),
      chance_(random_number()),
      uid_(make_uid()),
      name_(name_of(run_, chance_)),
      started_(now) {
  flush(now);
  // The name was told and a folder may bear it: a run that gets in later keeps it.
  run_.name = name_;
}

void RunSink::write(PendingRows rows, UnixMilliseconds now) {
  take(std::move(rows));
  flush(now);
}

void RunSink::finish(PendingRows rows, RunEnd end) {
  take(std::move(rows));
  end_ = std::move(end);
  hurried_ = false;
  flush(end_->at);
  rows_.reset();
}

std::string RunSink::loss() const {
  RowCounts nowhere = lost_;
  nowhere += pending_.counts();
  RowCounts missing = nowhere;
  missing += aside_;
  std::string what = missing.str();
  if (!name_is_in_) what = what.empty() ? "the run" : "the run with " + what;
  if (name_is_in_ && end_ && !end_is_in_) what += what.empty() ? "the run's end" : " and the run's end";
  if (what.empty()) return {};
  std::string text = fmt::format("Not in the history {}: {}.", storable_text(path_.native()), what);
  if (side_.empty()) return text;
  text += fmt::format(" It is kept in {0}; orrery history import {0} brings it in.",
                      storable_text(side_.native()));
  return nowhere.total() == 0 ? text : text + fmt::format(" Lost for good: {}.", nowhere.str());
}

void RunSink::take(PendingRows rows) {
  judge(rows);
  for (auto& [artifact, written] : rows.artifacts)
    if (artifact.sha256.empty()) artifact.sha256 = sha256_of(artifact);
  pending_.append(std::move(rows));
  pending_.limit_lines();
}

template <class Row>
bool RunSink::is_refused(const Row& row, const std::string& of) {
  if (is_sound(row)) return false;
  lost_.profile_rows += 1;
  warn(fmt::format("A profile row ({}) was left out of the history: its numbers are not sound.", of));
  return true;
}

// Rows that no table can hold are left out one by one, for one of them would stop its whole transaction.
// Sizes are left out while they do not change.
void RunSink::judge(PendingRows& rows) {
  const auto is_superfluous = [&](ProfileLedger& ledger, const char* of,
                                  const PendingRows::OfEpoch<BlockProfileRecord>& profile) {
    const auto& [epoch, row] = profile;
    if (!run_.graph) {
      lost_.profile_rows += 1;
      warn("Profile rows were left out of the history: the run has no graph.");
      return true;
    }
    return is_refused(row,
                      fmt::format("{} of {} '{}'", info(row.quantity).name, of, storable_text(row.path))) ||
           !ledger.add(row);
  };
  std::erase_if(rows.profiles, [&](const auto& each) { return is_superfluous(blocks_, "block", each); });
  std::erase_if(rows.node_profiles, [&](const auto& each) { return is_superfluous(nodes_, "node", each); });
  std::erase_if(rows.part_profiles, [&](const auto& each) {
    return is_refused(each.row, fmt::format("{} of the steps", orrery::name(each.row.part)));
  });
  std::erase_if(rows.kernel_profiles, [&](const auto& each) {
    return is_refused(each.row, fmt::format("kernel '{}'", storable_text(each.row.kernel)));
  });
  std::erase_if(rows.spans, [&](const auto& span) {
    return is_refused(span, fmt::format("a span of step {}", span.step));
  });
}

void RunSink::flush(UnixMilliseconds now) {
  if (stopped_) return give_up();
  if (!side_.empty()) return write_aside(now);
  try {
    open_if_needed(now);
    write_pending(now);
  } catch (const DatabaseError& error) {
    stumble(error.what(), error.passing(), now);
  } catch (const std::exception& error) {
    stumble(error.what(), false, now);
  }
}

RunSink::FileIdentity RunSink::identity_of(const std::filesystem::path& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino};
}

void RunSink::open_if_needed(UnixMilliseconds now) {
  const auto patience = hurried_ ? patience_ / 10 : patience_;
  if (rows_) return rows_->database().wait_for_locks(patience);
  auto rows = std::make_unique<RunRows>(open_history(path_, Access::create, patience));
  file_ = identity_of(path_);
  mark_interrupted(rows->database(), this_process(), now);
  const std::string name = rows->begin(run_, this_process(), started_, chance_, uid_);
  if (!warned_) name_ = name;
  uid_ = rows->uid();
  run_id_ = rows->run_id();
  name_is_in_ = true;
  if (rows->went_on()) {
    blocks_.go_on_from(rows->costs().block_totals());
    nodes_.go_on_from(rows->costs().node_totals());
  }
  rows_ = std::move(rows);
}

void RunSink::write_pending(UnixMilliseconds now) {
  // SQLite goes on writing to a file without a name; nobody would ever see it.
  if (side_.empty() && identity_of(path_) != file_) {
    fail(Fault::write, "{}: was deleted or replaced while the run was going on",
         storable_text(path_.native()));
  }
  Transaction transaction(rows_->database());
  pending_.write_to(*rows_);
  for (const auto& total : blocks_.changed()) rows_->costs().write_block_total(total);
  for (const auto& total : nodes_.changed()) rows_->costs().write_node_total(total);
  if (end_) {
    rows_->finish(end_->status, end_->reason, end_->at);
  } else {
    rows_->heartbeat(now);
  }
  transaction.commit();
  if (!side_.empty()) aside_ += pending_.counts();
  end_is_in_ = end_ && side_.empty();
  pending_ = {};
  blocks_.settle();
  nodes_.settle();
}

void RunSink::stumble(const std::string& message, bool passing, UnixMilliseconds now) {
  if (rows_) {
    last_line_ = rows_->logs().last_line();
    rows_->forget();
  }
  hurried_ = true;
  if (!passing || end_ || pending_.counts().total() > kWaitingLimit) step_aside(now);
  const std::string how = stopped_        ? "without it"
                          : side_.empty() ? "and tries again after each epoch"
                                          : "and is kept in " + storable_text(side_.native());
  warn(fmt::format("The history cannot be written; the run goes on {}.\n  {}", how, message));
}

void RunSink::step_aside(UnixMilliseconds now) {
  std::error_code error;
  rows_.reset();
  for (const auto& folder : {path_.parent_path(), std::filesystem::temp_directory_path(error)})
    if (!folder.empty() && begin_aside(folder, now)) return;
  stopped_ = true;
  give_up();
}

bool RunSink::begin_aside(const std::filesystem::path& folder, UnixMilliseconds now) {
  try {
    side_ = free_side_file(folder, fmt::format("{}-{}", path_.stem().native(), name_));
    auto rows = std::make_unique<RunRows>(open_history(side_, Access::create, patience_ / 10));
    RunInfo run = run_;
    run.name = name_;
    run.goes_on_after.reset();
    rows->begin(run, this_process(), started_, chance_, uid_);
    rows->logs().go_on_behind(last_line_);
    rows_ = std::move(rows);
    blocks_.unsettle();
    nodes_.unsettle();
    write_pending(now);
    return true;
  } catch (const std::exception&) {
    // The folder may not be written, or is full: the next one is tried.
    rows_.reset();
    remove_history(side_);
    side_.clear();
    return false;
  }
}

void RunSink::write_aside(UnixMilliseconds now) {
  try {
    write_pending(now);
  } catch (const std::exception&) {
    rows_->forget();
    if (end_ || pending_.counts().total() > kWaitingLimit) give_up();
  }
}

void RunSink::give_up() {
  lost_ += pending_.counts();
  pending_ = {};
}

void RunSink::warn(const std::string& message) {
  if (std::exchange(warned_, true)) return;
  const std::lock_guard lock(warning_mutex_);
  warning_ = message;
}

std::optional<std::string> RunSink::take_warning() {
  const std::lock_guard lock(warning_mutex_);
  return std::exchange(warning_, {});
}

}  // namespace orrery
