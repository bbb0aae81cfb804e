#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"
#include "runtime/history/records.h"
#include "runtime/history/writer.h"

namespace orrery::lua {

/// Lists what a script writes among the artifacts of its runs. A file belongs to the last run of its graph,
/// going on or over; one that was written before the graph's first run waits for that.
class RunFiles {
 public:
  /// A run of the graph is in a history; both names empty: it keeps none.
  void begin(const std::shared_ptr<Graph>& graph, const std::string& history, const std::string& run,
             const Log& log);
  /// A file was written. Without a graph it belongs to the script's last run. What is no regular file (a
  /// pipe, a terminal) is left out; what cannot be read any more is told to `log`, once a script.
  void add(const std::shared_ptr<Graph>& graph, const std::string& kind, const std::string& path,
           const Log& log);
  void add(const std::shared_ptr<Graph>& graph, ArtifactRecord file, const Log& log);

  /// Numbers were measured: they stand in the graph's last run, if there was one.
  void add(const std::shared_ptr<Graph>& graph, const std::vector<MetricRecord>& metrics, const Log& log);

 private:
  struct Run {
    std::weak_ptr<Graph> graph;
    std::string history;
    std::string name;
  };
  struct Waiting {
    std::weak_ptr<Graph> graph;
    bool any = false;  ///< of no graph
    ArtifactRecord file;
  };

  const Run* run_of(const std::shared_ptr<Graph>& graph) const;
  void list(const Run& run, const ArtifactRecord& file, const Log& log);
  HistoryOptions history_of(const Run& run, const Log& log);
  void warn_once(const Log& log, const std::string& text);

  std::vector<Run> runs_;  ///< the last begun is the last
  std::vector<Waiting> waiting_;
  bool warned_ = false;
};

}  // namespace orrery::lua
