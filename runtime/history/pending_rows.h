#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/history/records.h"
#include "runtime/history/run_rows.h"

namespace orrery {

/// How many rows of each sort, to say what was lost.
struct RowCounts {
  std::int64_t epochs = 0;
  /// Those of epochs and those at steps.
  std::int64_t metrics = 0;
  /// Of blocks, nodes, parts of steps and kernels, and single steps.
  std::int64_t profile_rows = 0;
  /// Lines that were printed, and events.
  std::int64_t log_lines = 0;
  /// Artifacts, tags and notes.
  std::int64_t others = 0;

  std::int64_t total() const { return epochs + metrics + profile_rows + log_lines + others; }
  RowCounts& operator+=(const RowCounts& more);
  /// `3 epochs, 12 metrics, 40 profile rows`; without the sorts of which there are none.
  std::string str() const;
};

/// Rows that wait for the next transaction, in the order in which they came.
struct PendingRows {
  template <class Record>
  struct OfEpoch {
    std::int64_t epoch;
    Record row;
  };
  struct Note {
    UnixMilliseconds written;
    std::string text;
  };
  std::vector<std::pair<EpochRecord, UnixMilliseconds>> epochs;
  std::vector<MetricRecord> metrics;
  std::vector<StepRecord> steps;
  std::vector<OfEpoch<BlockProfileRecord>> profiles;
  std::vector<OfEpoch<NodeProfileRecord>> node_profiles;
  std::vector<OfEpoch<PartProfileRecord>> part_profiles;
  std::vector<OfEpoch<KernelProfileRecord>> kernel_profiles;
  std::vector<StepSpanRecord> spans;
  std::vector<EventRecord> events;
  std::vector<LogLine> lines;
  /// Older lines than these, which were too many.
  std::int64_t dropped_lines = 0;
  std::vector<std::pair<ArtifactRecord, UnixMilliseconds>> artifacts;
  std::vector<std::string> tags;
  std::vector<Note> notes;

  RowCounts counts() const;
  void append(PendingRows more);
  /// Drops the oldest lines where more wait than the history keeps.
  void limit_lines();
  /// Writes every row through `rows`, inside the caller's transaction.
  void write_to(RunRows& rows) const;
};

}  // namespace orrery
