#include "runtime/engine/training/compiled_graph.h"

#include <utility>

namespace orrery {
namespace {

std::vector<Value> values_of(const std::vector<Result>& results) {
  std::vector<Value> values;
  for (const Result& result : results) values.push_back(result.value);
  return values;
}

}  // namespace

CompiledGraph::CompiledGraph(Runtime& runtime, std::shared_ptr<const Graph> graph,
                             std::vector<Result> results, const std::string& device,
                             const Computing& computing)
    : engine_(Engine::of(runtime, wants_cuda(*graph, device))),
      graph_(std::move(graph)),
      results_(std::move(results)),
      device_(device_from_name(device)),
      computing_(computing),
      executor_(engine_, *graph_, values_of(results_)) {
  if (graph_->input_node()) needed_ = fields_needed(*graph_, values_of(results_));
  executor_.set_precision(computing.precision);
  executor_.set_passes(computing.passes);
  executor_.set_keeps_weights(true);
  executor_.set_device(device_);
}

std::vector<at::Tensor> CompiledGraph::compute(const Batch& batch) {
  const DeterministicTurns deterministic(engine_, computing_.deterministic);
  // A run may have moved the weights since.
  if (!device_.is_cpu() || cuda_library_is_open()) executor_.set_device(device_);
  executor_.reset_states();
  return executor_.forward(batch, {.training = false, .gradients = false});
}

}  // namespace orrery
