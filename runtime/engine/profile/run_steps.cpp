#include "runtime/engine/profile/run_steps.h"

#include <algorithm>
#include <utility>

namespace orrery {
namespace {

constexpr double kSecondsOfNanosecond = 1e-9;
// Room for so many pieces of a step from the beginning; more comes when it is needed.
constexpr size_t kRoomForSpans = 4096;

}  // namespace

RunSteps::RunSteps(Timeline& times, const ProfileChoice& choice) : times_(times), choice_(choice) {
  if (choice_.level == ProfileLevel::step) pieces_.reserve(kRoomForSpans);
  keep_pieces();
}

bool RunSteps::in_window(std::int64_t number) const {
  return choice_.level == ProfileLevel::step && number >= choice_.first && number <= choice_.last;
}

// A step is known to have begun only when its batch is there.
void RunSteps::keep_pieces() { times_.keep(in_window(open_) || in_window(open_ + 1) ? &pieces_ : nullptr); }

void RunSteps::begin(std::int64_t number) {
  close();
  open_ = number;
  keep_pieces();
}

void RunSteps::end() {
  times_.mark();
  close();
  open_ = 0;
  times_.keep(nullptr);
}

void RunSteps::close() {
  const PartTimes parts = times_.cut_at_mark();
  if (!pieces_.empty()) keep_closed_pieces();
  if (open_ != 0) series_.add(parts);
}

void RunSteps::keep_closed_pieces() {
  const auto next = std::ranges::stable_partition(
      pieces_, [&](const TimeSpan& piece) { return piece.begin < times_.marked_at(); });
  if (in_window(open_))
    for (auto piece = pieces_.begin(); piece != next.begin(); ++piece) {
      piece->step = open_;
      spans_.push_back(*piece);
    }
  pieces_.erase(pieces_.begin(), next.begin());
}

// The whole is the sum of its parts in nanoseconds, to the last.
void RunSteps::Series::add(PartTimes parts) {
  time_of(parts, StepPart::step) = whole_of(parts);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == 0) continue;
    times[i].add(static_cast<double>(parts[i]) * kSecondsOfNanosecond);
    sums[i] += parts[i];
  }
}

std::vector<PartProfileRecord> RunSteps::Series::records() const {
  std::vector<PartProfileRecord> records;
  for (const PartInfo& part : parts()) {
    const size_t i = static_cast<size_t>(part.part) - 1;
    const Aggregate& seconds = times[i].aggregate();
    if (seconds.count > 0)
      records.push_back({part.part, seconds.count, seconds.min, seconds.max,
                         static_cast<double>(sums[i]) * kSecondsOfNanosecond, times[i].quantile(0.5),
                         times[i].quantile(0.95)});
  }
  return records;
}

void RunSteps::Series::clear() {
  for (TimeSeries& series : times) series.clear();
  sums = {};
}

std::vector<PartProfileRecord> RunSteps::parts_so_far() {
  Series whole = series_;
  if (open_ != 0) whole.add(times_.parts_now());
  return whole.records();
}

std::vector<PartProfileRecord> RunSteps::take_parts() {
  auto records = series_.records();
  series_.clear();
  return records;
}

std::vector<StepSpanRecord> RunSteps::take_spans(const std::function<std::string(int unit)>& path) {
  std::vector<StepSpanRecord> records;
  std::ranges::stable_sort(spans_, {}, [](const TimeSpan& span) { return std::pair(span.step, span.begin); });
  std::int64_t step = 0, position = 0;
  for (const TimeSpan& span : spans_) {
    if (window_begin_ < 0) window_begin_ = span.begin;
    if (std::exchange(step, span.step) != span.step) position = 0;
    records.push_back({.step = span.step,
                       .position = position++,
                       .node = span.unit < 0 ? "" : path(span.unit),
                       .part = span.part,
                       .begin_ns = span.begin - window_begin_,
                       .duration_ns = span.duration});
  }
  spans_.clear();
  return records;
}

}  // namespace orrery
