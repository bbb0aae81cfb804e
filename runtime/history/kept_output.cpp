#include "runtime/history/kept_output.h"

#include "runtime/history/schema.h"

namespace orrery {
namespace {

constexpr std::size_t kLongestLine = 4096;

// What stays on a terminal's line: the text behind the last carriage return that something follows.
std::string_view last_drawn(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t drawn_again = line.rfind('\r');
  return drawn_again == std::string_view::npos ? line : line.substr(drawn_again + 1);
}

// Cut between letters, not within one.
std::string shortened(std::string_view line) {
  if (line.size() <= kLongestLine) return std::string(line);
  std::size_t end = kLongestLine;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return std::string(line.substr(0, end)) + "…";
}

}  // namespace

void LineCutter::add(std::string_view bytes, UnixMilliseconds now, std::vector<OutputLine>& lines) {
  while (true) {
    const std::size_t end = bytes.find('\n');
    // What never ends is kept as far as it is shown.
    if (open_.size() <= 2 * kLongestLine) open_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return;
    lines.push_back({error_, now, shortened(last_drawn(open_))});
    open_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void LineCutter::finish(UnixMilliseconds now, std::vector<OutputLine>& lines) {
  if (!open_.empty()) add("\n", now, lines);
}

KeptOutput::KeptOutput(std::filesystem::path history, std::string run, std::chrono::milliseconds patience)
    : path_(std::move(history)), run_(std::move(run)), patience_(patience) {}

void KeptOutput::add(std::vector<OutputLine> lines) {
  for (OutputLine& line : lines) waiting_.push_back(std::move(line));
  const auto most = static_cast<std::size_t>(kFirst + kNewest);
  if (waiting_.size() <= most) return;
  const auto first = waiting_.begin() + kFirst;
  waiting_.erase(first, first + static_cast<std::ptrdiff_t>(waiting_.size() - most));
}

bool KeptOutput::flush() {
  if (waiting_.empty()) return true;
  try {
    if (!find_run()) return false;
    write();
    return true;
  } catch (const Error&) {
    // Locked, full, gone: what follows tries again, and the caller keeps what is left at the end.
    return false;
  }
}

bool KeptOutput::find_run() {
  if (!db_) db_.emplace(open_history(path_, Access::write, patience_));
  if (run_id_ != 0) return true;
  Statement find = db_->prepare("SELECT run_id FROM runs WHERE name = ?");
  find.bind(1, run_);
  if (find.step()) run_id_ = find.integer(0);
  return run_id_ != 0;
}

void KeptOutput::write() {
  Transaction transaction(*db_);
  Statement last = db_->prepare("SELECT coalesce(max(line), 0) FROM logs WHERE run_id = ?");
  last.bind(1, run_id_);
  last.step();
  std::int64_t line = last.integer(0);
  last.reset();
  Statement add =
      db_->prepare("INSERT INTO logs (run_id, line, stream, text, logged_unix_ms) VALUES (?, ?, ?, ?, ?)");
  for (const OutputLine& each : waiting_)
    add.run(run_id_, ++line, each.error ? "stderr" : "stdout", each.text, each.at);
  if (line > kFirst + kNewest)
    db_->prepare("DELETE FROM logs WHERE run_id = ? AND line > ? AND line <= ?")
        .run(run_id_, kFirst, line - kNewest);
  transaction.commit();
  waiting_.clear();
}

void KeptOutput::ended(const std::string& reason, UnixMilliseconds now) {
  try {
    if (!find_run()) return;
    db_->prepare(
           "UPDATE runs SET status = 'interrupted', exit_reason = ?, ended_unix_ms = max(started_unix_ms, ?) "
           "WHERE run_id = ? AND status = 'running'")
        .run(reason, now, run_id_);
  } catch (const Error&) {
    // Whoever opens the history next finds the run without its process.
  }
}

}  // namespace orrery
