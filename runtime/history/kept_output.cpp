#include "runtime/history/kept_output.h"

#include <utility>

#include "runtime/history/interrupted.h"
#include "runtime/history/log_tap.h"
#include "runtime/history/schema.h"

namespace orrery {

void LineCutter::add(std::string_view bytes, UnixMilliseconds now, std::vector<LogLine>& lines) {
  while (true) {
    const std::size_t end = bytes.find('\n');
    // What never ends is kept as far as it is shown.
    if (open_.size() <= 2 * kLogLineBytes) open_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return;
    lines.push_back({stream_, seen_on_terminal(std::exchange(open_, {})), now});
    bytes.remove_prefix(end + 1);
  }
}

void LineCutter::finish(UnixMilliseconds now, std::vector<LogLine>& lines) {
  if (!open_.empty()) add("\n", now, lines);
}

KeptOutput::KeptOutput(std::filesystem::path history, std::string run, std::chrono::milliseconds patience)
    : path_(std::move(history)), run_(std::move(run)), patience_(patience) {}

void KeptOutput::add(std::vector<LogLine> lines) {
  for (LogLine& line : lines) waiting_.push_back(std::move(line));
  const auto most = static_cast<std::size_t>(kLogLines);
  if (waiting_.size() <= most) return;
  dropped_ += static_cast<std::int64_t>(waiting_.size() - most);
  waiting_.erase(waiting_.begin(), waiting_.end() - static_cast<std::ptrdiff_t>(most));
}

bool KeptOutput::flush() {
  if (waiting_.empty()) return true;
  try {
    if (!find_run()) return false;
    write();
    return true;
  } catch (const Error&) {
    // Locked, full, gone: what follows tries again, and the caller keeps what is left at the end.
    if (rows_) rows_->forget();
    return false;
  }
}

bool KeptOutput::find_run() {
  if (!db_) db_ = std::make_unique<Database>(open_history(path_, Access::write, patience_));
  if (run_id_ != 0) return true;
  Statement find = db_->prepare("SELECT run_id FROM runs WHERE name = ?");
  find.bind(1, run_);
  if (!find.step()) return false;
  run_id_ = find.integer(0);
  rows_ = std::make_unique<LogRows>(*db_);
  rows_->begin(run_id_);
  return true;
}

void KeptOutput::write() {
  Transaction transaction(*db_);
  for (const LogLine& line : waiting_) rows_->write(line);
  rows_->trim(dropped_);
  transaction.commit();
  waiting_.clear();
  dropped_ = 0;
}

void KeptOutput::ended(const std::string& reason, UnixMilliseconds now) {
  try {
    if (!find_run()) return;
    db_->prepare(
           "UPDATE runs SET status = 'interrupted', exit_reason = ?, ended_unix_ms = max(started_unix_ms, ?) "
           "WHERE run_id = ? AND (status = 'running' OR exit_reason = ?)")
        .run(reason, now, run_id_, kProcessIsGone);
  } catch (const Error&) {
    // Whoever opens the history next finds the run without its process.
  }
}

}  // namespace orrery
