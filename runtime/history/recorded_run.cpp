#include "runtime/history/recorded_run.h"

#include "runtime/core/error.h"
#include "runtime/history/log_tap.h"

namespace orrery {
namespace {

constexpr UnixMilliseconds kBetweenFlushes = 1000;

}  // namespace

RecordedRun::RecordedRun(HistoryOptions options, RunInfo run)
    : clock_(options.clock), flushed_(options.clock()) {
  if (options.path.empty()) return;
  writer_ = std::make_shared<HistoryWriter>(std::move(options), std::move(run));
  name_ = writer_->run_name();
}

void RecordedRun::log(const std::string& name, double value, Split split, std::optional<std::int64_t> step) {
  invariant(!finished_, "a run was logged to after its end");
  Last& last = last_[{split, name}];
  last = {step.value_or(last.step + 1), value};
  if (!writer_) return;
  writer_->step({split, name, last.step, 0, value, clock_()});
  flush_now_and_then();
}

void RecordedRun::listen_to(Runtime& runtime) {
  if (writer_) listen(runtime, writer_);
}

void RecordedRun::artifact(const ArtifactRecord& file) {
  if (writer_) writer_->artifact(file);
}

void RecordedRun::tag(const std::string& tag) {
  if (writer_) writer_->tag(tag);
}

void RecordedRun::note(const std::string& text) {
  if (writer_) writer_->note(text);
}

void RecordedRun::wait() {
  if (writer_) writer_->wait();
}

void RecordedRun::finish(RunStatus status, const std::string& reason) {
  if (std::exchange(finished_, true) || !writer_) return;
  write_last_values();
  writer_->finish(status, reason);
}

void RecordedRun::write_last_values() {
  for (const auto& [key, last] : last_) writer_->metric({0, key.first, key.second, last.value});
}

void RecordedRun::flush_now_and_then() {
  const UnixMilliseconds now = clock_();
  if (now - flushed_ < kBetweenFlushes) return;
  flushed_ = now;
  write_last_values();
  writer_->flush();
}

}  // namespace orrery
