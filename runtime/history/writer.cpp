#include "runtime/history/writer.h"

#include <atomic>

#include "runtime/history/run_sink.h"
#include "runtime/history/writer_thread.h"

namespace orrery {
namespace {

// What may wait for a disk that does not answer: about 50 MB.
constexpr std::int64_t kQueuedLimit = 200'000;
constexpr UnixMilliseconds kBetweenLines = 1000;

}  // namespace

/// Gathers rows on the caller's thread and hands them to the sink's.
class HistoryWriter::State {
 public:
  State(HistoryOptions options, RunInfo run)
      : options_(std::move(options)),
        sink_(std::make_unique<RunSink>(options_.path, options_.patience, std::move(run), options_.clock())),
        name_(sink_->name()),
        told_(now()) {
    tell_warning();
  }

  // In a child made by fork() the file belongs to the parent, and must not even be closed.
  ~State() {
    if (thread_.is_own_process()) return;
    static_cast<void>(sink_.release());
  }

  const std::string& name() const { return name_; }
  std::int64_t run_id() const { return sink_->run_id(); }
  bool finished() const { return finished_; }
  UnixMilliseconds now() const { return options_.clock(); }

  /// The rows that wait for the next transaction.
  PendingRows& rows() { return rows_; }

  /// What a run prints, and what happens in it, is read while it goes on.
  void write_lines_now_and_then() {
    rows_.limit_lines();
    if (finished_ || now() - told_ < kBetweenLines) return;
    told_ = now();
    PendingRows told;
    told.lines = std::exchange(rows_.lines, {});
    told.events = std::exchange(rows_.events, {});
    told.dropped_lines = std::exchange(rows_.dropped_lines, 0);
    post(std::move(told));
  }

  void save() {
    if (finished_) return;
    post(std::exchange(rows_, {}));
    tell_warning();
  }

  void finish(RunStatus status, const std::string& reason) {
    if (std::exchange(finished_, true) || !thread_.is_own_process()) return;
    const auto rows = std::make_shared<PendingRows>(std::exchange(rows_, {}));
    thread_.post([this, rows, end = RunEnd{status, reason, now()}] { sink_->finish(std::move(*rows), end); });
    thread_.stop();
    tell_warning();
    if (const std::string missing = sink_->loss(); !missing.empty() && options_.warn) options_.warn(missing);
  }

  void wait() {
    thread_.wait();
    tell_warning();
  }

  std::string loss() {
    thread_.wait();
    return sink_->loss();
  }

 private:
  void post(PendingRows rows) {
    const RowCounts counts = rows.counts();
    if (queued_ + counts.total() > kQueuedLimit) return thread_.post([this, counts] { sink_->lose(counts); });
    queued_ += counts.total();
    const auto shared = std::make_shared<PendingRows>(std::move(rows));
    thread_.post([this, shared, counts, at = now()] {
      sink_->write(std::move(*shared), at);
      queued_ -= counts.total();
    });
  }

  // On the caller's thread, for it may go on into a script.
  void tell_warning() {
    if (const auto warning = sink_->take_warning(); warning && options_.warn) options_.warn(*warning);
  }

  HistoryOptions options_;
  std::unique_ptr<RunSink> sink_;
  const std::string name_;
  PendingRows rows_;
  UnixMilliseconds told_;
  std::atomic<std::int64_t> queued_{0};
  bool finished_ = false;
  WriterThread thread_;
};

HistoryWriter::HistoryWriter(HistoryOptions options, RunInfo run)
    : state_(std::make_unique<State>(std::move(options), std::move(run))) {}

HistoryWriter::~HistoryWriter() {
  try {
    state_->finish(RunStatus::failed, "the run was left without an end");
  } catch (const std::exception&) {
    // Only the caller's own warn or clock can throw here, and a destructor cannot pass it on.
  }
}

const std::string& HistoryWriter::run_name() const { return state_->name(); }
std::int64_t HistoryWriter::run_id() const { return state_->run_id(); }

void HistoryWriter::metric(const MetricRecord& metric) { state_->rows().metrics.push_back(metric); }
void HistoryWriter::step(const StepRecord& value) { state_->rows().steps.push_back(value); }

void HistoryWriter::profile(std::int64_t epoch, std::span<const BlockProfileRecord> rows) {
  for (const BlockProfileRecord& row : rows) state_->rows().profiles.push_back({epoch, row});
}

void HistoryWriter::profile_nodes(std::int64_t epoch, std::span<const NodeProfileRecord> rows) {
  for (const NodeProfileRecord& row : rows) state_->rows().node_profiles.push_back({epoch, row});
}

void HistoryWriter::profile_parts(std::int64_t epoch, std::span<const PartProfileRecord> rows) {
  for (const PartProfileRecord& row : rows) state_->rows().part_profiles.push_back({epoch, row});
}

void HistoryWriter::profile_kernels(std::int64_t epoch, std::span<const KernelProfileRecord> rows) {
  for (const KernelProfileRecord& row : rows) state_->rows().kernel_profiles.push_back({epoch, row});
}

void HistoryWriter::profile_steps(std::span<const StepSpanRecord> spans) {
  auto& all = state_->rows().spans;
  all.insert(all.end(), spans.begin(), spans.end());
}

void HistoryWriter::event(EventRecord event) {
  if (event.at == 0) event.at = state_->now();
  state_->rows().events.push_back(std::move(event));
  state_->write_lines_now_and_then();
}

void HistoryWriter::line(LogLine line) {
  if (line.at == 0) line.at = state_->now();
  state_->rows().lines.push_back(std::move(line));
  state_->write_lines_now_and_then();
}

void HistoryWriter::artifact(const ArtifactRecord& artifact) {
  state_->rows().artifacts.emplace_back(artifact, state_->now());
}

void HistoryWriter::tag(const std::string& tag) { state_->rows().tags.push_back(tag); }
void HistoryWriter::note(const std::string& text) { state_->rows().notes.push_back({state_->now(), text}); }

void HistoryWriter::end_epoch(const EpochRecord& epoch) {
  state_->rows().epochs.emplace_back(epoch, state_->now());
  state_->save();
}

void HistoryWriter::flush() { state_->save(); }
void HistoryWriter::finish(RunStatus status, const std::string& reason) { state_->finish(status, reason); }
void HistoryWriter::wait() { state_->wait(); }
std::string HistoryWriter::loss() const { return state_->loss(); }

}  // namespace orrery
