#include "runtime/engine/training/run_record.h"

#include <csignal>
#include <cstring>
#include <utility>

#include <torch/headeronly/version.h>

#include "runtime/graph/json.h"
#include "runtime/graph/structural_hash.h"
#include "runtime/history/artifact.h"
#include "runtime/history/log_tap.h"

namespace orrery {
namespace {

void add_blocks(const Block& block, std::vector<BlockRecord>& blocks) {
  blocks.push_back({block.path(), block.title(), static_cast<std::int64_t>(block.nodes().size())});
  for (const auto& child : block.children()) add_blocks(*child, blocks);
}

GraphRecord recorded(const Graph& graph, std::int64_t parameters) {
  GraphRecord record{structural_hash(graph), to_json(graph), parameters, {}};
  add_blocks(graph.root(), record.blocks);
  for (const auto& node : graph.nodes())
    record.nodes.push_back({node->path(), node->block().path(), node->operation(), node->id()});
  return record;
}

void add_metrics(HistoryWriter& writer, std::int64_t epoch, Split split,
                 const std::vector<NamedNumber>& numbers) {
  for (const NamedNumber& number : numbers) writer.metric({epoch, split, number.name, number.value});
}

}  // namespace

RunRecord::RunRecord(Runtime& runtime, const Graph& graph, Recording recording, TrainingFacts& facts) {
  RunInfo& run = recording.run;
  run.device = facts.device;
  run.threads = facts.threads;
  if (!facts.thread_reason.empty()) run.thread_reason = facts.thread_reason;
  run.seed = static_cast<std::int64_t>(facts.seed);
  run.libtorch_version = TORCH_VERSION;
  run.graph = recorded(graph, facts.parameters);
  if (!facts.resumed_from.empty()) run.resumed_from = facts.resumed_from;
  if (!recording.options.warn) {
    recording.options.warn = [&runtime](const std::string& text) { runtime.log.warning(text); };
  }
  writer_ = std::make_shared<HistoryWriter>(std::move(recording.options), std::move(run));
  facts.run_name = writer_->run_name();
  listen(runtime, writer_);
}

void RunRecord::epoch(const EpochReport& report) {
  if (!writer_) return;
  add_metrics(*writer_, report.epoch, Split::train, report.train);
  add_metrics(*writer_, report.epoch, Split::train, report.statistics);
  add_metrics(*writer_, report.epoch, Split::validation, report.validation);
  writer_->end_epoch({report.epoch, report.seconds, report.steps, report.samples});
}

void RunRecord::logged(RunLog& log) {
  const auto steps = log.take_steps();
  const auto means = log.take_means();
  const auto files = log.take_artifacts();
  if (!writer_) return;
  for (const StepRecord& value : steps) writer_->step(value);
  for (const MetricRecord& mean : means) writer_->metric(mean);
  for (const ArtifactRecord& file : files) writer_->artifact(file);
}

void RunRecord::profile(std::int64_t epoch, std::span<const BlockProfileRecord> rows) {
  if (writer_) writer_->profile(epoch, rows);
}

void RunRecord::profile_nodes(std::int64_t epoch, std::span<const NodeProfile> nodes,
                              std::span<const KernelProfileRecord> kernels) {
  if (!writer_) return;
  for (const NodeProfile& node : nodes) writer_->profile_nodes(epoch, node.quantities);
  writer_->profile_kernels(epoch, kernels);
}

void RunRecord::profile_steps(std::int64_t epoch, std::span<const PartProfileRecord> parts,
                              std::span<const StepSpanRecord> spans) {
  if (!writer_) return;
  writer_->profile_parts(epoch, parts);
  writer_->profile_steps(spans);
}

void RunRecord::event(const std::string& kind, const std::string& text, std::int64_t epoch,
                      std::int64_t step) {
  if (writer_) writer_->event({kind, text, epoch, step});
}

void RunRecord::begin_epoch(const std::vector<std::shared_ptr<Optimizer>>& optimizers, std::int64_t epoch,
                            std::int64_t step) {
  std::string rates;
  for (const auto& optimizer : optimizers) {
    for (const ParameterGroup& group : optimizer->groups()) {
      if (!group.options.has("lr")) continue;
      rates += fmt::format("{}{}", rates.empty() ? "" : ", ", group.options.real("lr"));
    }
  }
  const std::string before = std::exchange(rates_, rates);
  if (!before.empty() && before != rates)
    event("learning_rate", fmt::format("{} → {}", before, rates), epoch, step);
}

void RunRecord::stopped(int signal, std::int64_t epoch, std::int64_t step) {
  const char* name = sigabbrev_np(signal);
  event("signal", name ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal), epoch, step);
}

void RunRecord::file(const std::string& kind, const std::string& path) {
  if (!writer_) return;
  writer_->artifact(artifact_of_file(kind, path));
}

void RunRecord::finish(RunStatus status, const std::string& reason) {
  if (writer_) writer_->finish(status, reason);
}

}  // namespace orrery
