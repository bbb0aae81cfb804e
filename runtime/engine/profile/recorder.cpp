#include "runtime/engine/profile/recorder.h"

#include <chrono>
#include <unordered_map>
#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/function_hook.h>

#include "runtime/engine/profile/aggregate.h"
#include "runtime/engine/profile/memory_watch.h"
#include "runtime/engine/profile/storage_ledger.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

double flops_of(const Node& node, const std::map<std::string, std::int64_t>& symbols) {
  if (!node.descriptor() || !node.descriptor()->flops) return 0;
  std::vector<const TensorType*> inputs;
  for (const Value& input : node.inputs()) inputs.push_back(input ? &input.type() : nullptr);
  const Dim flops = node.descriptor()->flops({inputs, node.outputs(), node.attributes()});
  return static_cast<double>(flops.evaluate(symbols).value_or(0));
}

// The node that a parameter's bytes belong to: the first that uses it.
std::unordered_map<const Parameter*, int> owners_of(const Graph& graph) {
  std::unordered_map<const Parameter*, int> owners;
  for (const auto& node : graph.nodes()) {
    if (node->constant()) owners.try_emplace(node->constant().get(), node->id());
    for (const ParameterPtr& field : node->trained_fields())
      if (field) owners.try_emplace(field.get(), node->id());
    if (!node->layer()) continue;
    for (const ParameterPtr& parameter : node->layer()->parameters())
      owners.try_emplace(parameter.get(), node->id());
  }
  return owners;
}

bool shares_function(std::span<const at::Tensor> tensors,
                     const std::shared_ptr<torch::autograd::Node>& function) {
  for (const at::Tensor& tensor : tensors) {
    if (tensor.defined() && tensor.grad_fn() == function) return true;
  }
  return false;
}

}  // namespace

struct Recorder::State {
  explicit State(const Graph& recorded)
      : graph(recorded),
        owners(owners_of(recorded)),
        step(recorded.nodes().size()),
        nodes(recorded.nodes().size()),
        flops(recorded.nodes().size()) {}

  double& cost(int node, Quantity quantity) { return step[static_cast<size_t>(node)][index_of(quantity)]; }

  /// From now on the time and the memory belong to this node (-1: to none), in the forward or backward pass.
  void switch_to(int node) {
    const Clock::time_point now = Clock::now();
    const double peak = static_cast<double>(memory.take_peak() + held);
    if (current >= 0) {
      cost(current, pass) += seconds(now - since);
      double& highest = cost(current, Quantity::peak_bytes);
      highest = std::max(highest, peak);
    }
    step_peak = std::max(step_peak, static_cast<std::int64_t>(peak));
    current = node;
    since = Clock::now();
  }

  void gradients_arrive(std::int64_t of_step, int node, std::span<const at::Tensor> gradients) {
    if (of_step != number || !in_backward) return;
    switch_to(node);
    for (const at::Tensor& gradient : gradients)
      cost(node, Quantity::tgu_bytes) += static_cast<double>(ledger.add(gradient));
    since = Clock::now();
  }

  void add_gradient(const Parameter& parameter, const at::Tensor& gradient) {
    const auto owner = owners.find(&parameter);
    if (owner != owners.end())
      cost(owner->second, Quantity::lgu_bytes) += static_cast<double>(ledger.add(gradient));
  }

  void exclude_parameters();
  void refresh_flops(const std::map<std::string, std::int64_t>& now);
  void finish_step();
  void forget_step();
  void fold_blocks();

  const Graph& graph;
  const std::unordered_map<const Parameter*, int> owners;
  std::vector<Costs> step;        ///< by node id
  std::vector<Aggregates> nodes;  ///< by node id
  std::map<const Block*, Aggregates> blocks;
  std::unordered_map<const Parameter*, std::int64_t> optimizer_bytes;
  std::vector<double> flops;
  std::map<std::string, std::int64_t> symbols;
  StorageLedger ledger;
  MemoryWatch memory;

  std::int64_t number = 0;  ///< of the step, so that a hook of an older one is told apart
  bool open = false;
  bool in_backward = false;
  bool had_backward = false;
  bool fresh_epoch = true;
  Quantity pass = Quantity::forward_seconds;
  int current = -1;
  Clock::time_point since;
  std::vector<double> runs;  ///< by node id: how often it ran, in a loop several times
  std::int64_t held = 0;     ///< by the plan of the step
  std::int64_t step_peak = 0;
  std::int64_t epoch_peak = 0;
};

namespace {

// Runs before a recorded function's derivative; passes the gradients on untouched.
template <class State>
struct ArrivalHook : torch::autograd::FunctionPreHook {
  ArrivalHook(std::shared_ptr<State> told, std::int64_t of_step, int at_node)
      : state(std::move(told)), step(of_step), node(at_node) {}

  torch::autograd::variable_list operator()(const torch::autograd::variable_list& gradients) override {
    state->gradients_arrive(step, node, gradients);
    return gradients;
  }

  std::shared_ptr<State> state;
  std::int64_t step;
  int node;
};

template <class State>
void await_gradients(const std::shared_ptr<State>& state, const Node& node,
                     std::span<const at::Tensor> inputs, std::span<const at::Tensor> outputs) {
  for (const at::Tensor& output : outputs) {
    if (!output.defined() || !output.grad_fn()) continue;
    const std::shared_ptr<torch::autograd::Node> function = output.grad_fn();
    if (!shares_function(inputs, function))
      function->add_pre_hook(std::make_unique<ArrivalHook<State>>(state, state->number, node.id()));
  }
}

}  // namespace

void Recorder::State::exclude_parameters() {
  for (const auto& [parameter, node] : owners) {
    if (parameter->data) ledger.exclude(unboxed(parameter->data));
  }
  fresh_epoch = false;
}

void Recorder::State::refresh_flops(const std::map<std::string, std::int64_t>& now) {
  if (number > 1 && now == symbols) return;
  symbols = now;
  for (const auto& node : graph.nodes()) flops[static_cast<size_t>(node->id())] = flops_of(*node, symbols);
}

void Recorder::State::forget_step() {
  memory.end();
  ledger.clear();
  step.assign(step.size(), Costs{});
  runs.assign(step.size(), 0);
  current = -1;
  open = in_backward = had_backward = false;
  step_peak = 0;
}

// The bytes that do not change from step to step are added here, then the step goes into the sums.
void Recorder::State::finish_step() {
  if (!open) return;
  for (const auto& [parameter, node] : owners) {
    if (runs[static_cast<size_t>(node)] == 0) continue;
    cost(node, Quantity::lmu_bytes) += static_cast<double>(parameter->bytes());
    const auto found = optimizer_bytes.find(parameter);
    if (found != optimizer_bytes.end())
      cost(node, Quantity::optimizer_bytes) += static_cast<double>(found->second);
  }
  for (size_t id = 0; id < step.size(); ++id) step[id][index_of(Quantity::flops)] = flops[id] * runs[id];
  fold_blocks();
  epoch_peak = std::max(epoch_peak, step_peak);
  forget_step();
}

namespace {

// Without a backward pass there is nothing to say about gradients; device time is not measured on the CPU.
bool measured(Quantity quantity, bool had_backward) {
  if (quantity == Quantity::device_seconds) return false;
  const bool of_backward = quantity == Quantity::backward_seconds || quantity == Quantity::tgu_bytes ||
                           quantity == Quantity::lgu_bytes || quantity == Quantity::optimizer_bytes;
  return had_backward || !of_backward;
}

void fold(Aggregates& aggregates, const Costs& costs, bool had_backward) {
  for (const QuantityInfo& quantity : quantities()) {
    const size_t i = index_of(quantity.quantity);
    if (measured(quantity.quantity, had_backward)) aggregates[i].add(costs[i]);
  }
}

}  // namespace

void Recorder::State::fold_blocks() {
  std::map<const Block*, Costs> whole;
  for (const auto& node : graph.nodes()) {
    const auto id = static_cast<size_t>(node->id());
    if (runs[id] == 0) continue;
    fold(nodes[id], step[id], had_backward);
    combine(whole.try_emplace(&node->block(), Costs{}).first->second, step[id]);
  }
  for (const auto& [block, costs] : whole) fold(blocks[block], costs, had_backward);
}

Recorder::Recorder(const Graph& graph) : state_(std::make_shared<State>(graph)) {}
Recorder::~Recorder() { state_->forget_step(); }

void Recorder::set_optimizer_bytes(const Parameter& parameter, std::int64_t bytes) {
  state_->optimizer_bytes[&parameter] = bytes;
}

void Recorder::begin_step(const std::map<std::string, std::int64_t>& symbols) {
  State& s = *state_;
  s.finish_step();
  s.forget_step();
  ++s.number;
  s.refresh_flops(symbols);
  if (s.fresh_epoch) s.exclude_parameters();
  s.open = true;
  s.pass = Quantity::forward_seconds;
  s.memory.reset();
  s.memory.begin();
}

void Recorder::holds(std::int64_t bytes) { state_->held = bytes; }

void Recorder::begin_node(const Node& node) {
  ++state_->runs[static_cast<size_t>(node.id())];
  state_->switch_to(node.id());
}

void Recorder::end_node(const Node& node, std::span<const at::Tensor> inputs,
                        std::span<const at::Tensor> outputs, bool records) {
  State& s = *state_;
  s.switch_to(-1);
  for (const at::Tensor& output : outputs) {
    const auto bytes = static_cast<double>(s.ledger.add(output));
    // A batch may be a window into the whole data set, which is not this step's memory.
    const bool window = node.input_spec() && output.defined();
    s.cost(node.id(), Quantity::tmu_bytes) +=
        window ? std::min(bytes, static_cast<double>(output.nbytes())) : bytes;
  }
  if (records) await_gradients(state_, node, inputs, outputs);
}

void Recorder::end_forward() {
  state_->switch_to(-1);
  state_->memory.end();
}

void Recorder::begin_backward() {
  State& s = *state_;
  s.pass = Quantity::backward_seconds;
  s.in_backward = s.had_backward = true;
  s.memory.begin();
  s.switch_to(-1);
}

void Recorder::gradients_arrive(const Node& node, std::span<const at::Tensor> gradients) {
  state_->gradients_arrive(state_->number, node.id(), gradients);
}

void Recorder::begin_again(const Node& node) { state_->switch_to(node.id()); }

void Recorder::end_again(const Node& node, std::span<const at::Tensor> inputs,
                         std::span<const at::Tensor> outputs, bool records) {
  state_->switch_to(-1);
  if (records) await_gradients(state_, node, inputs, outputs);
}

void Recorder::end_backward(std::span<const ParameterPtr> parameters, std::span<const at::Tensor> gradients) {
  State& s = *state_;
  s.switch_to(-1);
  s.in_backward = false;
  s.memory.end();
  for (size_t i = 0; i < parameters.size(); ++i) s.add_gradient(*parameters[i], gradients[i]);
}

// The update itself is nobody's time.
void Recorder::gradient_complete(const Parameter& parameter, const at::Tensor& gradient) {
  state_->switch_to(-1);
  state_->add_gradient(parameter, gradient);
}

void Recorder::abandon_step() { state_->forget_step(); }

std::vector<BlockProfileRecord> Recorder::take_epoch() {
  State& s = *state_;
  s.finish_step();
  std::map<std::string, Aggregates> by_path;
  for (const auto& [block, aggregates] : s.blocks) by_path.emplace(block->path(), aggregates);
  std::vector<BlockProfileRecord> records;
  for (const auto& [path, aggregates] : by_path) {
    for (BlockProfileRecord& record : records_of(path, aggregates)) records.push_back(std::move(record));
  }
  s.blocks.clear();
  s.nodes.assign(s.nodes.size(), Aggregates{});
  s.epoch_peak = 0;
  s.fresh_epoch = true;
  return records;
}

std::vector<NodeProfile> Recorder::nodes() {
  State& s = *state_;
  s.finish_step();
  std::vector<NodeProfile> profiles;
  for (const auto& node : s.graph.nodes()) {
    const Aggregates& aggregates = s.nodes[static_cast<size_t>(node->id())];
    std::vector<BlockProfileRecord> quantities = records_of(node->path(), aggregates);
    if (!quantities.empty()) profiles.push_back({node->path(), node->operation(), std::move(quantities)});
  }
  return profiles;
}

std::int64_t Recorder::peak_bytes() const { return std::max(state_->epoch_peak, state_->step_peak); }

}  // namespace orrery
