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
  others += more.others;
  return *this;
}

std::string RowCounts::str() const {
  std::string text;
  append(text, epochs, "epoch", "epochs");
  append(text, metrics, "metric", "metrics");
  append(text, profile_rows, "profile row", "profile rows");
  append(text, others, "artifact, tag or note", "artifacts, tags and notes");
  return text;
}

RowCounts PendingRows::counts() const {
  return {length(epochs), length(metrics) + length(steps), length(profiles),
          length(artifacts) + length(tags) + length(notes)};
}

void PendingRows::write_to(RunRows& rows) const {
  for (const auto& [epoch, ended] : epochs) rows.write(epoch, ended);
  for (const MetricRecord& metric : metrics) rows.write(metric);
  for (const StepRecord& value : steps) rows.write(value);
  for (const Profile& profile : profiles) {
    if (info(profile.row.quantity).steady) {
      rows.write_size(profile.epoch, profile.row);
    } else {
      rows.write_profile(profile.epoch, profile.row);
    }
  }
  for (const auto& [artifact, written] : artifacts) rows.write(artifact, written);
  for (const std::string& tag : tags) rows.write_tag(tag);
  for (const Note& note : notes) rows.write_note(note.text, note.written);
}

}  // namespace orrery
