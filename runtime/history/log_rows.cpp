#include "runtime/history/log_rows.h"

#include "runtime/history/text.h"

namespace orrery {
namespace {

// Where a cut does not part a character of UTF-8.
std::string cut(const std::string& text) {
  if (text.size() <= kLogLineBytes) return text;
  std::size_t end = kLogLineBytes;
  while (end > kLogLineBytes - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + fmt::format(" … ({} more bytes)", text.size() - end);
}

}  // namespace

LogRows::LogRows(const Database& db)
    : db_(db),
      line_(db.prepare(
          "INSERT INTO logs (run_id, line, stream, written_unix_ms, text) VALUES (?, ?, ?, ?, ?)")),
      event_(db.prepare("INSERT INTO events (run_id, happened_unix_ms, kind, epoch, step, text) "
                        "VALUES (?, ?, ?, ?, ?, ?)")) {}

void LogRows::count_what_is_there() {
  if (counted_) return;
  counted_ = true;
  Statement there = db_.prepare(
      "SELECT count(*), coalesce(sum(length(CAST(text AS BLOB))), 0), coalesce(max(line), 0),"
      " (SELECT count(*) FROM events WHERE run_id = ?1) FROM logs WHERE run_id = ?1");
  there.bind_all(run_id_);
  if (!there.step()) return;
  lines_ = there.integer(0);
  bytes_ = there.integer(1);
  last_line_ = there.integer(2);
  events_ = there.integer(3);
}

void LogRows::write(const LogLine& line) {
  count_what_is_there();
  const std::string text = cut(storable_text(line.text));
  line_.run(run_id_, ++last_line_, line.stream == LogLine::Stream::out ? "stdout" : "stderr", line.at, text);
  ++lines_;
  bytes_ += static_cast<std::int64_t>(text.size());
}

void LogRows::write(const EventRecord& event) {
  count_what_is_there();
  if (++events_ > kEvents) return;
  event_.run(run_id_, event.at, event.kind, event.epoch, event.step, event.text);
}

void LogRows::trim(std::int64_t dropped) {
  if (lines_ > kLogLines || bytes_ > kLogBytes) dropped += drop_oldest();
  if (dropped == 0) return;
  db_.prepare("UPDATE runs SET log_lines_dropped = log_lines_dropped + ? WHERE run_id = ?")
      .run(dropped, run_id_);
}

// More than must go, so that this is done seldom.
std::int64_t LogRows::drop_oldest() {
  std::int64_t first = 0, dropped = 0;
  Statement oldest =
      db_.prepare("SELECT line, length(CAST(text AS BLOB)) FROM logs WHERE run_id = ? ORDER BY line");
  oldest.bind_all(run_id_);
  while ((lines_ > kLogLines * 9 / 10 || bytes_ > kLogBytes * 9 / 10) && oldest.step()) {
    first = oldest.integer(0);
    bytes_ -= oldest.integer(1);
    --lines_;
    ++dropped;
  }
  oldest.reset();
  db_.prepare("DELETE FROM logs WHERE run_id = ? AND line <= ?").run(run_id_, first);
  return dropped;
}

}  // namespace orrery
