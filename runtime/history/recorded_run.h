#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "runtime/graph/runtime.h"
#include "runtime/history/writer.h"

namespace orrery {

/// A run of the history that no manager trains: what its script logs, as numbers over steps. They are in the
/// file a second later at the latest, when more is logged; the last number of each name also stands among the
/// run's metrics, in epoch 0, so that lists and summaries have it. One thread; not copied.
class RecordedRun {
 public:
  /// As HistoryWriter. An empty path of the history: nothing is kept anywhere.
  RecordedRun(HistoryOptions options, RunInfo run);
  /// A run that was not finished is closed as `failed`.
  ~RecordedRun() = default;
  RecordedRun(const RecordedRun&) = delete;
  RecordedRun& operator=(const RecordedRun&) = delete;

  /// Empty without a history.
  const std::string& name() const { return name_; }
  bool kept() const { return writer_ != nullptr; }
  bool finished() const { return finished_; }

  /// `step`: none: the one after the name's last, from 1.
  void log(const std::string& name, double value, Split split, std::optional<std::int64_t> step);
  /// See `listen` of log_tap.h.
  void listen_to(Runtime& runtime);
  void artifact(const ArtifactRecord& file);
  void tag(const std::string& tag);
  void note(const std::string& text);
  /// As HistoryWriter::wait.
  void wait();
  /// Later calls do nothing.
  void finish(RunStatus status, const std::string& reason = {});

 private:
  struct Last {
    std::int64_t step = 0;
    double value = 0;
  };

  void write_last_values();
  void flush_now_and_then();

  WallClock clock_;
  std::shared_ptr<HistoryWriter> writer_;
  std::string name_;
  std::map<std::pair<Split, std::string>, Last> last_;
  UnixMilliseconds flushed_ = 0;
  bool finished_ = false;
};

}  // namespace orrery
