#include "bindings/run_files.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime/files/paths.h"
#include "runtime/history/artifact.h"
#include "runtime/history/background.h"

namespace orrery::lua {

void RunFiles::begin(const std::shared_ptr<Graph>& graph, const std::string& history, const std::string& run,
                     const Log& log) {
  std::erase_if(runs_, [&](const Run& each) { return each.graph.expired() || each.graph.lock() == graph; });
  if (!run.empty()) tell_run_begun(history, run);
  runs_.push_back({graph, history.empty() ? "" : absolute_path(history), run});
  const auto taken = [&](const Waiting& file) {
    if (!file.any && file.graph.lock() != graph) return false;
    list(runs_.back(), file.file, log);
    return true;
  };
  std::erase_if(waiting_, taken);
}

void RunFiles::add(const std::shared_ptr<Graph>& graph, const std::string& kind, const std::string& path,
                   const Log& log) {
  if (is_special(path)) return;
  try {
    add(graph, artifact_of_file(kind, path), log);
  } catch (const Error& error) {
    warn_once(log, fmt::format("{} is not listed in the history.\n  {}", quote_path(path), error.message()));
  }
}

void RunFiles::add(const std::shared_ptr<Graph>& graph, ArtifactRecord file, const Log& log) {
  if (const Run* run = run_of(graph)) return list(*run, file, log);
  waiting_.push_back({graph, graph == nullptr, std::move(file)});
}

const RunFiles::Run* RunFiles::run_of(const std::shared_ptr<Graph>& graph) const {
  if (!graph) return runs_.empty() ? nullptr : &runs_.back();
  const auto found = std::ranges::find_if(runs_, [&](const Run& run) { return run.graph.lock() == graph; });
  return found == runs_.end() ? nullptr : &*found;
}

void RunFiles::list(const Run& run, const ArtifactRecord& file, const Log& log) {
  if (!run.name.empty()) add_artifact(history_of(run, log), run.name, file);
}

void RunFiles::add(const std::shared_ptr<Graph>& graph, const std::vector<MetricRecord>& metrics,
                   const Log& log) {
  const Run* run = run_of(graph);
  if (run && !run->name.empty()) add_metrics(history_of(*run, log), run->name, metrics);
}

HistoryOptions RunFiles::history_of(const Run& run, const Log& log) {
  HistoryOptions options;
  options.path = run.history;
  options.warn = [&](const std::string& text) { warn_once(log, text); };
  return options;
}

void RunFiles::warn_once(const Log& log, const std::string& text) {
  if (!std::exchange(warned_, true)) log.warning(text);
}

}  // namespace orrery::lua
