#pragma once

#include <string>
#include <vector>

#include "runtime/history/records.h"
#include "runtime/history/writer.h"

namespace orrery {

/// The record of a file that lies on the disk: its size, and its hash unless it is large. `Error` as
/// `InputFile` throws it, for what is no regular file.
ArtifactRecord artifact_of_file(std::string kind, std::string path);

/// SHA-256 of the file that a record is of; empty when it was not hashed then, or is another file by now.
std::string sha256_of(const ArtifactRecord& artifact);

/// Adds a file to a run that is in the history already, going on or ended; nothing happens when it is not.
/// A history that cannot be written is told through `options.warn` and by nothing else.
void add_artifact(const HistoryOptions& options, const std::string& run_name, const ArtifactRecord& artifact);

/// The same for numbers that were measured outside the run's own epochs, such as those of a test.
void add_metrics(const HistoryOptions& options, const std::string& run_name,
                 const std::vector<MetricRecord>& metrics);

}  // namespace orrery
