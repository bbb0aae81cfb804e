#include "runtime/history/pending_rows.h"

#include <iterator>

#include <fmt/core.h>

namespace orrery {
namespace {

void append(std::string& text, std::int64_t count, const char* one, const char* many) {
  if (count == 0) return;
  if (!text.empty()) text += ", ";
  text += fmt::format("{} {}", count, count == 1 ? one : many);
}

template <class Rows>
void append_rows(Rows& rows, Rows more) {
  if (rows.empty()) {
    rows = std::move(more);
  } else {
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
}

std::int64_t length(const auto& rows) { return static_cast<std::int64_t>(rows.size()); }

// All lists, each with the sort that its rows are counted as.
template <class Visit>
void visit_lists(Visit visit) {
  visit(&PendingRows::epochs, &RowCounts::epochs);
  visit(&PendingRows::metrics, &RowCounts::metrics);
  visit(&PendingRows::steps, &RowCounts::metrics);
  visit(&PendingRows::profiles, &RowCounts::profile_rows);
  visit(&PendingRows::node_profiles, &RowCounts::profile_rows);
  visit(&PendingRows::part_profiles, &RowCounts::profile_rows);
  visit(&PendingRows::kernel_profiles, &RowCounts::profile_rows);
  visit(&PendingRows::spans, &RowCounts::profile_rows);
  visit(&PendingRows::events, &RowCounts::log_lines);
  visit(&PendingRows::lines, &RowCounts::log_lines);
  visit(&PendingRows::artifacts, &RowCounts::others);
  visit(&PendingRows::tags, &RowCounts::others);
  visit(&PendingRows::notes, &RowCounts::others);
}

}  // namespace

RowCounts& RowCounts::operator+=(const RowCounts& more) {
  epochs += more.epochs;
  metrics += more.metrics;
  profile_rows += more.profile_rows;
  log_lines += more.log_lines;
  others += more.others;
  return *this;
}

std::string RowCounts::str() const {
  std::string text;
  append(text, epochs, "epoch", "epochs");
  append(text, metrics, "metric", "metrics");
  append(text, profile_rows, "profile row", "profile rows");
  append(text, log_lines, "printed line or event", "printed lines and events");
  append(text, others, "artifact, tag or note", "artifacts, tags and notes");
  return text;
}

RowCounts PendingRows::counts() const {
  RowCounts counts;
  visit_lists([&](auto list, auto sort) { counts.*sort += length(this->*list); });
  return counts;
}

void PendingRows::append(PendingRows more) {
  visit_lists([&](auto list, auto) { append_rows(this->*list, std::move(more.*list)); });
  dropped_lines += more.dropped_lines;
}

// Seldom, for what remains is moved.
void PendingRows::limit_lines() {
  if (length(lines) < 2 * kLogLines) return;
  const auto too_many = length(lines) - kLogLines;
  lines.erase(lines.begin(), lines.begin() + too_many);
  dropped_lines += too_many;
}

void PendingRows::write_to(RunRows& rows) const {
  for (const auto& [epoch, ended] : epochs) rows.write(epoch, ended);
  for (const MetricRecord& metric : metrics) rows.write(metric);
  for (const StepRecord& value : steps) rows.write(value);
  CostRows& costs = rows.costs();
  for (const auto& [epoch, row] : profiles) costs.write_block(epoch, row);
  for (const auto& [epoch, row] : node_profiles) costs.write_node(epoch, row);
  for (const auto& [epoch, row] : part_profiles) costs.write(epoch, row);
  for (const auto& [epoch, row] : kernel_profiles) costs.write(epoch, row);
  for (const StepSpanRecord& span : spans) costs.write(span);
  for (const EventRecord& event : events) rows.logs().write(event);
  for (const LogLine& line : lines) rows.logs().write(line);
  rows.logs().trim(dropped_lines);
  for (const auto& [artifact, written] : artifacts) rows.write(artifact, written);
  for (const std::string& tag : tags) rows.write_tag(tag);
  for (const Note& note : notes) rows.write_note(note.text, note.written);
}

}  // namespace orrery
