#include "runtime/engine/execution/executor.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <c10/core/GradMode.h>

#include "runtime/engine/execution/frozen.h"
#include "runtime/engine/execution/order.h"
#include "runtime/engine/execution/passes/passes.h"

namespace orrery {
namespace {

// Asked before each step, so that scripts may freeze and unfreeze whenever they like.
bool is_trained_as(const Plan& plan) {
  return std::ranges::equal(plan.nodes, plan.trained, {},
                            [](const Node* node) { return owns_trainable(*node); }) &&
         std::ranges::equal(plan.nodes, plan.marked, {},
                            [](const Node* node) { return recomputed_block(*node); });
}

}  // namespace

std::vector<std::int64_t> signature_of(const Batch& batch) {
  std::vector<std::int64_t> signature;
  for (const auto& [name, tensor] : batch) {
    if (!tensor.defined()) continue;
    signature.push_back(static_cast<std::int64_t>(std::hash<std::string>()(name)));
    signature.push_back(static_cast<std::int64_t>(tensor.scalar_type()));
    signature.insert(signature.end(), tensor.sizes().begin(), tensor.sizes().end());
    signature.push_back(-1);
  }
  return signature;
}

Stopped::Stopped(int signal)
    : Error(signal == SIGTERM ? Fault::terminated : Fault::interrupted,
            signal == SIGTERM ? "terminated" : "interrupted") {}

Executor::Executor(Engine& engine, const Graph& graph, std::vector<Value> targets)
    : engine_(engine), graph_(graph), targets_(std::move(targets)), device_(at::kCPU), placement_(device_) {
  for (const Value& target : targets_)
    invariant(target && &target.node->graph() == &graph, "a target of another graph");
  states_ = find_states(targets_);
  for (const Node* state : states_) targets_.push_back(state->state()->next);
}

void Executor::set_device(const at::Device& device) {
  const std::vector<const Node*> nodes = order_nodes(targets_);
  const bool was_single = placement_.single();
  placement_ = Placement(nodes, device);
  if (device != device_ || placement_.single() != was_single) forget_plans();
  for (const Node* node : nodes) {
    if (node->constant()) engine_.move(node->constant(), placement_.of(*node));
    if (!node->layer()) continue;
    for (const ParameterPtr& parameter : node->layer()->parameters())
      engine_.move(parameter, placement_.of(*node));
  }
  device_ = device;
  reset_states();
}

void Executor::set_precision(const Precision& precision) {
  precision_ = precision;
  forget_plans();
}

void Executor::set_passes(const PassSet& passes) {
  passes_ = passes;
  forget_plans();
}

void Executor::set_watch(const FiniteWatch* watch) {
  if (static_cast<bool>(std::exchange(watch_, watch)) != static_cast<bool>(watch)) forget_plans();
}

// What passes have made of the plans depends on the settings.
void Executor::forget_plans() {
  tapes_.clear();
  tape_ = nullptr;
  lowered_ = nullptr;
  evaluations_ = LoweredPlans();
  folded_.clear();
  batch_norms_.forget(true);
  bound_ = nullptr;
  plans_.clear();
}

const Plan& Executor::plan(bool gradients, bool training) {
  training = training || gradients;
  const auto found = plans_.find({gradients, training});
  if (found != plans_.end() && (!gradients || is_trained_as(found->second)) && passes_hold(found->second))
    return found->second;
  if (gradients) {
    tapes_.clear();
    tape_ = nullptr;
  } else if (found != plans_.end()) {
    evaluations_ = LoweredPlans();
    lowered_ = nullptr;
  }
  // What a plan of the same nodes was bound to holds for the new one in its place.
  Plan& made = plans_.insert_or_assign({gradients, training}, make_plan(targets_, gradients, recomputes_))
                   .first->second;
  folded_.erase(&made);
  ++plans_made_;
  run_passes(made, passes_, {gradients, training, precision_.mixed(), watch_ != nullptr, placement_});
  return made;
}

void Executor::bind(const Plan& plan, const Batch& batch) {
  std::vector<std::int64_t> signature = signature_of(batch);
  if (bound_ == &plan && signature == signature_) return;
  const Node* input = graph_.input_node();
  bound_ = nullptr;
  // Sizes of the batch may be asked for where none of its fields is read.
  std::vector<bool> needed = plan.fields;
  if (input) needed.resize(input->outputs().size(), false);
  const bool asked = !plan.fields.empty() || !batch.empty();
  symbols_ = input && asked ? bind_symbols(*input, batch, needed) : Symbols();
  check_guards_of(plan);
  signature_ = std::move(signature);
  bound_ = &plan;
}

void Executor::check_guards_of(const Plan& plan) const {
  try {
    for (const Node* node : plan.nodes) check_guards(*node, symbols_);
  } catch (const CheckError& error) {
    if (states_.empty()) throw;
    std::vector<Finding> findings = error.findings();
    findings.front().remedy += fmt::format(
        "{}{} is a state, whose sizes are numbers: where the last batch is smaller, leave it out "
        "(drop_last = true).",
        findings.front().remedy.empty() ? "" : " ", states_.front()->path());
    throw CheckError(std::move(findings));
  }
}

std::vector<at::Tensor> Executor::forward(const Batch& batch, Mode mode) {
  const Engine::Turn turn(engine_);
  const c10::AutoGradMode keep_mode(false);
  const Precision::Scope precision(precision_, device_.type());
  const Plan& steps = plan(mode.gradients, mode.training);
  if (mode.training || mode.gradients) batch_norms_.forget(!keeps_weights_);
  bind(steps, batch);
  if (sink_) sink_->begin_step(symbols_, way(steps));
  try {
    tape_ = tape_for(steps, mode);
    if (tape_) {
      tape_->set_updates(updates_);
      tape_->set_watch(watch_);
    }
    lowered_ = lowered_for(steps, mode);
    if (sink_) sink_->holds(lowered_ ? lowered_->held_bytes() : 0);
    std::vector<at::Tensor> results = run(steps, batch, mode);
    carry_on(results, mode);
    if (tape_)
      tape_->end_forward();
    else if (lowered_)
      lowered_->release();
    if (sink_) sink_->end_forward();
    return results;
  } catch (...) {
    if (sink_) sink_->abandon_step();
    if (tape_) std::exchange(tape_, nullptr)->clear();
    throw;
  }
}

// Of what the sizes of a step depend on beside the symbols. A tensor alone may be frozen, which keeps the
// plan.
std::uint64_t Executor::way(const Plan& plan) const {
  std::uint64_t way = plans_made_;
  const auto mix = [&](std::uint64_t more) { way = way * 0x100000001b3 + more + 1; };
  for (const size_t objective : due_) mix(objective);
  for (const Node* node : plan.nodes)
    if (node->layer())
      for (const ParameterPtr& parameter : node->layer()->parameters()) mix(parameter->trainable);
  return way;
}

void Executor::carry_on(std::vector<at::Tensor>& results, Mode mode) {
  const size_t asked = results.size() - states_.size();
  for (size_t i = 0; i < states_.size(); ++i) carried_[mode.training].keep(*states_[i], results[asked + i]);
  results.resize(asked);
}

void Executor::set_recomputes(bool recomputes) {
  recomputes_ = recomputes;
  forget_plans();
}

std::map<std::string, at::Tensor> Executor::carried(bool training) const {
  std::map<std::string, at::Tensor> carried;
  const auto pass = carried_.find(training);
  if (pass == carried_.end()) return carried;
  for (const Node* state : states_)
    if (const at::Tensor held = pass->second.find(*state); held.defined()) carried[state->path()] = held;
  return carried;
}

void Executor::carry(bool training, const std::map<std::string, at::Tensor>& carried) {
  for (const Node* state : states_)
    if (const auto held = carried.find(state->path()); held != carried.end())
      carried_[training].keep(*state, held->second.to(placement_.of(*state)));
}

}  // namespace orrery
