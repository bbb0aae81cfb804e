#include "runtime/engine/training/evaluation.h"

#include <chrono>
#include <functional>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/data/loader.h"
#include "runtime/engine/execution/executor.h"
#include "runtime/governors/invariants.h"

namespace orrery {
namespace {

constexpr Executor::Mode kEvaluation = {.training = false, .gradients = false};

// What nothing reads may be missing, such as the label of data to predict from.
void check_fields(Executor& executor, const DataSource& source, const std::string& role) {
  const std::vector<bool>& needed = executor.plan(kEvaluation.gradients).fields;
  const Node* input = executor.graph().input_node();
  if (!input || needed.empty()) return;
  throw_if_broken(invariants::fields_fit_input(source.fields, fmt::format("{} data ({})", role, source.kind),
                                               *input->input_spec(), needed));
}

Loader opened(Engine& engine, const DataSource& source, const at::Device& device,
              const Computing& computing) {
  const Engine::Turn turn(engine);
  return make_loader_in_order(source, device, computing.seed.value_or(engine.seed()));
}

// Every sample counts, in batches of so many.
DataSource all_samples_of(const DataSource& source, std::optional<std::int64_t> batch) {
  DataSource made = source;
  made.options.set("drop_last", false);
  if (batch) made.options.set("batch", *batch);
  return made;
}

// `all`: samples that the source gives.
using VisitBatch =
    std::function<void(const std::vector<at::Tensor>&, std::int64_t samples, std::int64_t all)>;

// Every batch's values of some targets. `role`: what messages call the data.
void for_each_batch(Runtime& runtime, const Graph& graph, const std::vector<Value>& values,
                    const DataSource& source, const std::string& role, const std::string& device,
                    const Computing& computing, const VisitBatch& visit) {
  Engine& engine = Engine::of(runtime, wants_cuda(graph, device));
  const DeterministicTurns deterministic(engine, computing.deterministic);
  Executor executor(engine, graph, values);
  executor.set_precision(computing.precision);
  executor.set_passes(computing.passes);
  executor.set_keeps_weights(true);
  check_fields(executor, source, role);
  executor.set_device(device_from_name(device));
  Loader loader = opened(engine, source, device_from_name(device), computing);
  const auto visit_next = [&] {
    const Engine::Turn turn(engine);
    const auto batch = loader.next();
    if (batch) visit(executor.forward(batch->fields, kEvaluation), batch->size, loader.samples());
    return batch.has_value();
  };
  while (visit_next()) {
  }
}

}  // namespace

Computing Computing::of(const Manager& manager) {
  const Attributes& options = manager.options();
  Computing computing{Precision(options.text("precision")), Determinism::asked(options)};
  computing.passes = PassSet::of(options);
  if (options.has("seed")) computing.seed = static_cast<std::uint64_t>(options.integer("seed"));
  return computing;
}

Evaluation evaluate(Runtime& runtime, const Graph& graph, const Manager& manager, const DataSource& source) {
  const auto begun = std::chrono::steady_clock::now();
  const RunTargets targets = run_targets(graph, manager, false);
  EpochNumbers numbers(targets.followed);
  Evaluation evaluation;
  for_each_batch(runtime, graph, targets.values, source, "evaluation", manager.options().text("device"),
                 Computing::of(manager),
                 [&](const std::vector<at::Tensor>& values, std::int64_t samples, std::int64_t) {
                   numbers.add(values, samples);
                   evaluation.samples += samples;
                 });
  const Engine::Turn turn(Engine::of(runtime));
  evaluation.numbers = numbers.values();
  evaluation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return evaluation;
}

void for_each_prediction(Runtime& runtime, const Graph& graph, const std::vector<Value>& values,
                         const DataSource& source, const std::string& device, const Computing& computing,
                         std::optional<std::int64_t> batch, const VisitPrediction& visit) {
  std::int64_t first = 0;
  for_each_batch(runtime, graph, values, all_samples_of(source, batch), "prediction", device, computing,
                 [&](const std::vector<at::Tensor>& results, std::int64_t samples, std::int64_t all) {
                   PredictedBatch made{.first = first, .samples = samples, .all = all};
                   for (const at::Tensor& result : results) made.values.push_back(result.to(at::kCPU));
                   first += samples;
                   visit(made);
                 });
}

std::vector<at::Tensor> predict(Runtime& runtime, const Graph& graph, const std::vector<Value>& values,
                                const DataSource& source, const std::string& device,
                                const Computing& computing, std::optional<std::int64_t> batch) {
  std::vector<std::vector<at::Tensor>> parts(values.size());
  for_each_prediction(runtime, graph, values, source, device, computing, batch,
                      [&](const PredictedBatch& made) {
                        for (size_t i = 0; i < made.values.size(); ++i) {
                          const at::Tensor& result = made.values[i];
                          // A view of a batch would keep the whole batch alive, or be overwritten by the next
                          // step.
                          parts[i].push_back((result.dim() == 0 ? result.unsqueeze(0) : result).clone());
                        }
                      });
  std::vector<at::Tensor> joined;
  for (const auto& part : parts) joined.push_back(at::cat(part));
  return joined;
}

std::vector<at::Tensor> evaluate_values(Runtime& runtime, const Graph& graph,
                                        const std::vector<Value>& values, const Batch& batch,
                                        const std::string& device, const Computing& computing) {
  Engine& engine = Engine::of(runtime, wants_cuda(graph, device));
  const DeterministicTurns deterministic(engine, computing.deterministic);
  Executor executor(engine, graph, values);
  executor.set_precision(computing.precision);
  executor.set_passes(computing.passes);
  executor.set_device(device_from_name(device));
  return executor.forward(batch, kEvaluation);
}

}  // namespace orrery
