#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "runtime/history/records.h"

namespace orrery {

struct HistoryOptions {
  std::filesystem::path path = "orrery.db";
  /// Asked on the caller's thread only.
  WallClock clock = machine_clock;
  /// Called with a whole message for the first trouble with the history, and at the run's end when something
  /// is not in it. On the caller's thread, from within a call of the writer.
  std::function<void(const std::string&)> warn;
  /// How long to wait for another process's lock before the first warning; afterwards a tenth of it.
  std::chrono::milliseconds patience{5000};
};

/// Writes one run into the history. One writer a run; several runs, in several processes, may write to
/// one file at once.
///
/// Rows are kept in memory until `end_epoch`, `flush` or `finish`, which hand them to a thread of the
/// writer's: it writes them in one transaction, so that an epoch is in the file wholly or not at all, and
/// stays there when the process is killed. Only the constructor, `finish`, `wait` and `loss` wait for the
/// disk.
///
/// A history that fails never fails the run: nothing here throws because of the file. The first trouble is
/// told through `warn`. A passing one (locked, disk full, a failed read or write) keeps the rows and tries
/// again at the next epoch; a lasting one (another format, deleted, a newer version) sends all that comes
/// into a side file, and so does a passing one that lasts to the run's end: `orrery-RUN.lost.db` beside
/// `orrery.db`, or in the folder for temporary files, a history of the same schema that `merge_history`
/// takes. `loss()` says what did not get in, and where it is.
///
/// Owns its connection. Called by one thread at a time; not copied, not moved. In a child made by fork() it
/// does nothing, and may be destroyed.
class HistoryWriter {
 public:
  /// Begins the run, status `running`. Throws a usage Error for a given name that cannot be one
  /// (`check_run_name`), and for nothing else.
  HistoryWriter(HistoryOptions options, RunInfo run);
  /// A run that was not finished is closed as `failed`.
  ~HistoryWriter();
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  /// The run's name, known also when the history cannot be written; it never changes. (A run that gets in
  /// late and finds its name taken is kept as `name-2`.)
  const std::string& run_name() const;
  /// The run's id; 0 while it is not in the file.
  std::int64_t run_id() const;

  /// Several values of one metric, split and epoch: the last one counts.
  void metric(const MetricRecord& metric);
  /// Several values of one name, split and step: the last one counts.
  void step(const StepRecord& value);
  /// What the blocks themselves cost in that epoch; rows of one block, epoch and quantity are merged.
  void profile(std::int64_t epoch, std::span<const BlockProfileRecord> rows);
  /// The same of nodes, by their paths.
  void profile_nodes(std::int64_t epoch, std::span<const NodeProfileRecord> rows);
  /// What the parts of that epoch's steps took so far: later rows of an epoch take the place of earlier ones.
  void profile_parts(std::int64_t epoch, std::span<const PartProfileRecord> rows);
  void profile_kernels(std::int64_t epoch, std::span<const KernelProfileRecord> rows);
  /// The spans of single steps, kept as they are.
  void profile_steps(std::span<const StepSpanRecord> spans);
  /// In the file a second later at the latest, when more comes.
  void event(EventRecord event);
  void line(LogLine line);
  void artifact(const ArtifactRecord& artifact);
  void tag(const std::string& tag);
  void note(const std::string& text);
  /// Hands everything so far to the thread that writes it, with this epoch's row.
  void end_epoch(const EpochRecord& epoch);
  /// Hands over everything so far, for runs that have no epochs.
  void flush();
  /// Waits until what was handed over is in the file, or has failed to get there.
  void wait();
  /// Writes everything so far, closes the run and the file, and ends the thread. Status `done`, `failed` or
  /// `interrupted`; later calls do nothing.
  void finish(RunStatus status, const std::string& reason);

  /// A sentence on what is not in the history and where it is, empty when all is in. Waits as `wait` does;
  /// final after `finish`, which tells it through `warn`.
  std::string loss() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace orrery
