#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/engine/profile/recorder.h"
#include "runtime/engine/training/run_log.h"
#include "runtime/engine/training/training_events.h"
#include "runtime/governors/optimizer.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"
#include "runtime/history/writer.h"

namespace orrery {

/// What the host knows about a run that is to be kept in a history and in checkpoints: the script, its
/// config, the command. Device, threads, seed, graph and LibTorch's version are filled in by the run itself,
/// file and name by the manager's options `history` and `name`.
struct Recording {
  HistoryOptions options;
  RunInfo run;
  /// What the script logs while the run goes on; null: it logs nothing.
  std::shared_ptr<RunLog> log = {};
};

/// Writes what happens in a run into the history. Without a recording all of it does nothing. A history
/// that fails never fails the run. A run that is not finished when its record goes is kept as failed.
class RunRecord {
 public:
  RunRecord() = default;
  /// Fills `facts.run_name`. Throws for a name that the history cannot take, and for nothing else.
  RunRecord(Runtime& runtime, const Graph& graph, Recording recording, TrainingFacts& facts);

  void epoch(const EpochReport& report);
  /// Takes what has been logged, also where no history is kept.
  void logged(RunLog& log);
  void profile(std::int64_t epoch, std::span<const BlockProfileRecord> rows);
  void profile_nodes(std::int64_t epoch, std::span<const NodeProfile> nodes,
                     std::span<const KernelProfileRecord> kernels);
  /// The parts of an epoch's steps, and pieces of single ones.
  void profile_steps(std::int64_t epoch, std::span<const PartProfileRecord> parts,
                     std::span<const StepSpanRecord> spans);
  /// Something happened: `kind` as in EventRecord.
  void event(const std::string& kind, const std::string& text, std::int64_t epoch, std::int64_t step);
  /// An epoch begins: learning rates that are not those of the epoch before are an event.
  void begin_epoch(const std::vector<std::shared_ptr<Optimizer>>& optimizers, std::int64_t epoch,
                   std::int64_t step);
  /// A signal asks the run to stop.
  void stopped(int signal, std::int64_t epoch, std::int64_t step);
  /// A file that the run wrote; `kind`: `weights`, `checkpoint`.
  void file(const std::string& kind, const std::string& path);
  void finish(RunStatus status, const std::string& reason = {});

 private:
  std::shared_ptr<HistoryWriter> writer_;  ///< the runtime's log tells it, too
  std::string rates_;
};

}  // namespace orrery
