#include "runtime/history/pending_rows.h"

#include <fmt/core.h>

namespace orrery {
namespace {

void append(std::string& text, std::int64_t count, const char* one, const char* many) {
  if (count == 0) return;
  if (!text.empty()) text += ", ";
  text += fmt::format("{} {}", count, count == 1 ? one : many);
}

std::int64_t length(const auto& rows) { return static_cast<std::int64_t>(rows.size()); }

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
  return {length(epochs), length(metrics) + length(steps),
          length(profiles) + length(node_profiles) + length(part_profiles) + length(kernel_profiles) +
              length(spans),
          length(lines) + length(events), length(artifacts) + length(tags) + length(notes)};
}

void PendingRows::write_to(RunRows& rows) const {
  for (const auto& [epoch, ended] : epochs) rows.write(epoch, ended);
  for (const MetricRecord& metric : metrics) rows.write(metric);
  for (const StepRecord& value : steps) rows.write(value);
  CostRows& costs = rows.costs();
  for (const Profile& profile : profiles) costs.write_block(profile.epoch, profile.row);
  for (const Profile& profile : node_profiles) costs.write_node(profile.epoch, profile.row);
  for (const auto& [epoch, row] : part_profiles) costs.write(epoch, row);
  for (const auto& [epoch, row] : kernel_profiles) costs.write(epoch, row);
  for (const StepSpanRecord& span : spans) costs.write(span);
  for (const EventRecord& event : events) rows.logs().write(event);
  for (const LogLine& line : lines) rows.logs().write(line);
  rows.logs().trim();
  for (const auto& [artifact, written] : artifacts) rows.write(artifact, written);
  for (const std::string& tag : tags) rows.write_tag(tag);
  for (const Note& note : notes) rows.write_note(note.text, note.written);
}

}  // namespace orrery
