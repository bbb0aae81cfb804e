#include "runtime/engine/execution/executor.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "runtime/engine/execution/frozen.h"
#include "runtime/engine/execution/order.h"
#include "runtime/engine/execution/passes/passes.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/engine/torch_error.h"
#include "runtime/graph/loops.h"

namespace orrery {
namespace {

std::string shapes_of(const std::vector<at::Tensor>& tensors) {
  std::string text;
  for (const at::Tensor& tensor : tensors) {
    if (!tensor.defined()) continue;
    const TensorType type = type_of(tensor);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", str(type.shape), name(type.dtype));
  }
  return text;
}

// `scan/gather (gather) failed on (3, 4) in step 2 of 7`
std::string failure_of(const Node& node, const std::vector<at::Tensor>& inputs,
                       const std::vector<std::pair<size_t, size_t>>& loops) {
  const std::string shapes = shapes_of(inputs);
  std::string text =
      fmt::format("{} ({}) failed{}", node.path(), node.operation(), shapes.empty() ? "" : " on " + shapes);
  for (const auto& [at, length] : loops)
    text += fmt::format("{} step {} of {}", &loops.front().first == &at ? " in" : ",", at + 1, length);
  return text;
}

// Tensors without data, of the sizes that a node's inputs have.
std::vector<at::Tensor> as_declared(const Node& node, const Symbols& symbols) {
  std::vector<at::Tensor> tensors;
  for (const Value& input : node.inputs()) {
    if (!input) continue;
    std::vector<std::int64_t> sizes;
    for (const Dim& dim : input.shape()) sizes.push_back(dim.evaluate(symbols).value_or(0));
    tensors.push_back(at::empty(sizes, at::TensorOptions(scalar_type(input.dtype())).device(at::kMeta)));
  }
  return tensors;
}

// A kernel's own error does not know its node.
[[noreturn]] void rethrow_of(const Node& node, const std::string& failure) {
  try {
    throw;
  } catch (const Error& error) {
    if (error.fault() != Fault::run || error.site().known()) throw;
    throw Error(Fault::run, failure + ": " + error.message(), node.origin().site, error.remedy());
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(), failure, node.origin().site);
  }
}

std::vector<at::Tensor> input_fields(const Node& node, const Batch& batch, const at::Device& device) {
  std::vector<at::Tensor> fields;
  for (const Field& field : node.input_spec()->fields) {
    const auto found = batch.find(field.name);
    fields.push_back(found == batch.end() ? at::Tensor()
                                          : found->second.to(device, scalar_type(field.type.dtype)));
  }
  return fields;
}

std::vector<at::Tensor> leaves_of(Engine& engine, const std::vector<ParameterPtr>& parameters) {
  std::vector<at::Tensor> leaves;
  for (const ParameterPtr& parameter : parameters) leaves.push_back(engine.tensor(parameter));
  return leaves;
}

// Undefined for a leaf that is frozen or that the loss does not depend on.
std::vector<at::Tensor> gradients_of(const at::Tensor& loss, const std::vector<at::Tensor>& leaves,
                                     bool keep_graph) {
  std::vector<at::Tensor> trained;
  for (const at::Tensor& leaf : leaves) {
    if (leaf.requires_grad()) trained.push_back(leaf);
  }
  std::vector<at::Tensor> found;
  if (!trained.empty()) found = torch::autograd::grad({loss}, trained, {}, keep_graph, false, true);
  std::vector<at::Tensor> gradients;
  size_t next = 0;
  for (const at::Tensor& leaf : leaves)
    gradients.push_back(leaf.requires_grad() ? found[next++] : at::Tensor());
  return gradients;
}

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
  has_loops_ = !Loops(graph_).all().empty();
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
  if (sink_) sink_->begin_step(symbols_, way());
  try {
    tape_ = tape_for(steps, mode);
    if (tape_) tape_->set_updates(updates_);
    lowered_ = lowered_for(steps, mode);
    if (sink_) sink_->holds(lowered_ ? lowered_->bytes() : 0);
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

// Of more objectives than bits, some may be told apart no longer by who is due: their plan still is.
std::uint64_t Executor::way() const {
  std::uint64_t due = 0;
  for (const size_t objective : due_) due |= std::uint64_t{1} << (objective % 16);
  return plans_made_ << 16 | due;
}

void Executor::carry_on(std::vector<at::Tensor>& results, Mode mode) {
  const size_t asked = results.size() - states_.size();
  for (size_t i = 0; i < states_.size(); ++i) carried_[mode.training].keep(*states_[i], results[asked + i]);
  results.resize(asked);
}

at::Tensor Executor::constant(const Node& node, Mode mode) {
  const at::Tensor carried = node.state() ? carried_[mode.training].find(node) : at::Tensor();
  return carried.defined() ? carried : engine_.tensor(node.constant());
}

std::vector<at::Tensor> Executor::run(const Plan& plan, const Batch& batch, Mode mode) {
  Pass pass{.batch = batch, .mode = mode, .slots = std::vector<at::Tensor>(static_cast<size_t>(plan.slots))};
  put_folded(plan, pass);
  run(plan.steps, plan.recomputed, pass);
  std::vector<at::Tensor> results = pass.at(plan.targets);
  c10::GradMode::set_enabled(mode.gradients);
  placement_.gather(results);
  return results;
}

void Executor::put_folded(const Plan& plan, Pass& pass) {
  if (plan.folded_slots.empty()) return;
  FoldedConstants& folded = folded_[&plan];
  const std::vector<at::Tensor>* values = folded.find(engine_, plan);
  if (!values) {
    for (const Step& step : plan.folded) run(step, pass);
    values = &folded.keep(engine_, plan, pass.at(plan.folded_slots));
  }
  for (size_t i = 0; i < values->size(); ++i)
    pass.slots[static_cast<size_t>(plan.folded_slots[i])] = (*values)[i];
}

std::vector<at::Tensor> Executor::Pass::at(const std::vector<int>& places) const {
  std::vector<at::Tensor> tensors;
  tensors.reserve(places.size());
  for (const int slot : places) tensors.push_back(slot < 0 ? at::Tensor() : slots[static_cast<size_t>(slot)]);
  return tensors;
}

void Executor::stop_if_asked(const Pass& pass) const {
  const int signal = engine_.runtime().stop.load(std::memory_order_relaxed);
  if (signal && !(finishing_ && pass.mode.training)) throw Stopped(signal);
}

// Within a part that is recomputed itself there are no others.
void Executor::run(const std::vector<Step>& steps, const RecomputedParts& recomputed, Pass& pass) {
  auto part = pass.part ? recomputed.end() : recomputed.begin();
  for (size_t i = 0; i < steps.size();) {
    if (part == recomputed.end() || (*part)->first != i) {
      i += run_at(i, steps[i], pass);
    } else {
      run_part(*part, pass);
      i = (*part++)->end();
    }
  }
}

// Gives how many steps it were.
size_t Executor::run_at(size_t place, const Step& step, Pass& pass) {
  if (Segment* const segment = lowered_ ? lowered_->of_step(place) : nullptr)
    return run_segment(*segment, pass);
  run(step, pass);
  return 1;
}

void Executor::run(const Step& step, Pass& pass) {
  stop_if_asked(pass);
  c10::GradMode::set_enabled(step.records && !tape_);
  if (pass.told_by_data) check_guards(*step.node, symbols_);
  std::vector<at::Tensor> outputs =
      step.loop ? run_loop(step, pass)
                : compute_step(step, placement_.beside(*step.node, pass.at(step.inputs)), pass);
  if (!step.node->data_symbols().empty()) {
    bind_data_symbols(*step.node, outputs, symbols_);
    pass.told_by_data = true;
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    pass.slots[static_cast<size_t>(step.outputs) + i] = std::move(outputs[i]);
  for (const int slot : step.release) pass.slots[static_cast<size_t>(slot)].reset();
}

const LoweredPlan* Executor::lowered_for(const Plan& plan, Mode mode) {
  if (!lowering_ || !plan.passes.has(PlanPass::lowering)) return nullptr;
  if (!device_.is_cpu() || (!tape_ && (mode.gradients || !unplanned().empty()))) return nullptr;
  const int lanes = side_by_side_ ? engine_.threads() : 1;
  try {
    if (!tape_)
      return &evaluations_.of(signature_, plan, symbols_, {}, {mode.training, keeps_weights_, lanes});
    tape_->lower(signature_, symbols_, {.training = mode.training, .lanes = lanes});
    return tape_->lowered();
  } catch (const std::exception&) {
    const LoweredPlans& plans = tape_ ? tape_->lowered_plans() : evaluations_;
    if (!plans.latest() || !plans.latest()->largest()) throw;
    const Node& node = plans.latest()->largest()->at();
    rethrow_as_error(std::current_exception(), failure_of(node, as_declared(node, symbols_), {}),
                     node.origin().site);
  }
}

// Gives how many steps it stands for.
size_t Executor::run_segment(Segment& segment, Pass& pass) {
  stop_if_asked(pass);
  c10::GradMode::set_enabled(false);
  std::vector<at::Tensor> outputs;
  try {
    for (const Step* step : segment.spec().steps)
      if (step->batch_norm) batch_norms_.refresh(engine_, *step);
    if (pass.again && sink_) sink_->begin_again(*segment.spec().steps.front()->node);
    outputs = segment.forward(pass.at(segment.inputs()), leaves_of(engine_, segment.parameters()),
                              pass.again ? nullptr : sink_);
    if (pass.again && sink_) sink_->end_again(*segment.spec().steps.front()->node, {}, {}, false);
  } catch (const RuleBroken& broken) {
    throw CheckError({finding_of(broken, segment.at())});
  } catch (const std::exception&) {
    const Node& node = segment.at();
    rethrow_of(node, failure_of(node, as_declared(node, symbols_), pass.loops));
  }
  const SegmentSpec& spec = segment.spec();
  for (size_t i = 0; i < outputs.size(); ++i)
    pass.slots[static_cast<size_t>(spec.read_outside[i])] = std::move(outputs[i]);
  for (const Step* step : spec.steps)
    for (const int slot : step->release) pass.slots[static_cast<size_t>(slot)].reset();
  return spec.steps.size();
}

std::vector<at::Tensor> Executor::compute_step(const Step& step, const std::vector<at::Tensor>& inputs,
                                               Pass& pass) {
  const Node& node = *step.node;
  try {
    begin(node, pass);
    std::vector<at::Tensor> outputs = call(step, inputs, pass.batch, pass.mode);
    if (pass.drops()) drop(node, outputs);
    end(step, inputs, outputs, pass);
    if (watch_) look_at(step, inputs, outputs);
    return outputs;
  } catch (const RuleBroken& broken) {
    throw CheckError({finding_of(broken, node)});
  } catch (const std::exception&) {
    rethrow_of(node, failure_of(node, inputs, pass.loops));
  }
}

void Executor::begin(const Node& node, const Pass& pass) {
  if (sink_) pass.again ? sink_->begin_again(node) : sink_->begin_node(node);
}

void Executor::end(const Step& step, const std::vector<at::Tensor>& inputs,
                   const std::vector<at::Tensor>& outputs, const Pass& pass) {
  if (!sink_) return;
  const bool records = step.records && !tape_;
  pass.again ? sink_->end_again(*step.node, inputs, outputs, records)
             : sink_->end_node(*step.node, inputs, outputs, records);
}

std::vector<at::Tensor> Executor::call(const Step& step, const std::vector<at::Tensor>& inputs,
                                       const Batch& batch, Mode mode) {
  const Node& node = *step.node;
  if (node.input_spec()) return input_fields(node, batch, device_);
  if (node.constant()) return {constant(node, mode)};
  const Layer* layer = node.layer().get();
  KernelContext context{.attributes = node.attributes(),
                        .descriptor = node.descriptor(),
                        .inputs = inputs,
                        .training = mode.training && (!layer || layer->training()),
                        .device = placement_.of(node),
                        .symbols = &symbols_,
                        .values = node.inputs(),
                        .node = &node};
  if (step.batch_norm) return call_with_batch_norm(step, context);
  if (layer) context.parameter_names = layer->read_slots();
  if (tape_ && tape_->has(node)) return tape_->forward(step, context);
  std::vector<at::Tensor> parameters;
  if (layer) parameters = layer_tensors(engine_, *layer, context.training);
  context.parameters = parameters;
  return step.kernel(context);
}

std::vector<at::Tensor> Executor::call_with_batch_norm(const Step& step, KernelContext context) {
  static const std::vector<std::string> kNames = {"weight", "bias"};
  batch_norms_.refresh(engine_, step);
  const std::vector<at::Tensor> weights = leaves_of(engine_, step.weights);
  context.parameter_names = kNames;
  context.parameters = weights;
  return step.kernel(context);
}

void Executor::set_objectives(std::vector<Objective> objectives, GradientEngine engine) {
  objectives_ = std::move(objectives);
  gradient_engine_ = engine;
  tapes_.clear();
  tape_ = nullptr;
  due_.clear();
  for (size_t i = 0; i < objectives_.size(); ++i) due_.push_back(i);
}

std::string Executor::unplanned() const {
  if (gradient_engine_ == GradientEngine::autograd) return "autograd was asked for";
  if (watch_) return "detect_nan looks at every gradient";
  if (precision_.mixed()) return "mixed precision casts within operations";
  if (!placement_.single()) return "blocks lie on several devices";
  if (has_loops_) return "the graph has loops";
  const Node* input = graph_.input_node();
  if (input && !input->trained_fields().empty()) return "the input itself is trained";
  return {};
}

void Executor::set_recomputes(bool recomputes) {
  recomputes_ = recomputes;
  forget_plans();
}

Tape* Executor::tape_for(const Plan& plan, Mode mode) {
  if (tape_) std::exchange(tape_, nullptr)->clear();
  if (!mode.gradients || objectives_.empty() || due_.empty()) return nullptr;
  if (const std::string reason = unplanned(); !reason.empty()) {
    check(gradient_engine_ != GradientEngine::plan, Fault::usage,
          "engine = \"plan\" cannot train graph '{}': {}", graph_.name(), reason);
    return nullptr;
  }
  const auto found = tapes_.find(due_);
  if (found != tapes_.end() && found->second.fits()) return &found->second;
  if (found != tapes_.end()) tapes_.erase(found);
  std::vector<Objective> asked;
  for (const size_t i : due_) asked.push_back(objectives_[i]);
  return &tapes_.try_emplace(due_, engine_, plan, asked).first->second;
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

std::vector<std::vector<at::Tensor>> Executor::backward(const std::vector<Demand>& demands, bool keep_graph) {
  const Engine::Turn turn(engine_);
  if (sink_) sink_->begin_backward();
  try {
    std::vector<std::vector<at::Tensor>> gradients;
    for (size_t i = 0; i < demands.size(); ++i) {
      check(demands[i].loss.requires_grad(), Fault::run,
            "the loss does not depend on anything that is trained");
      const std::vector<at::Tensor> leaves = leaves_of(engine_, demands[i].parameters);
      gradients.push_back(gradients_of(demands[i].loss, leaves, keep_graph || i + 1 < demands.size()));
    }
    if (watch_) look_at(demands, gradients);
    if (sink_) {
      std::vector<const std::vector<ParameterPtr>*> parameters;
      for (const Demand& demand : demands) parameters.push_back(&demand.parameters);
      report(parameters, gradients);
    }
    return gradients;
  } catch (const std::exception&) {
    if (sink_) sink_->abandon_step();
    rethrow_as_error(std::current_exception(),
                     fmt::format("the backward pass of graph '{}' failed", graph_.name()));
  }
}

std::vector<std::vector<at::Tensor>> Executor::backward(const std::vector<at::Tensor>& losses, double seed) {
  invariant(tape_ && losses.size() == due_.size(), "a backward pass of another forward pass");
  const Engine::Turn turn(engine_);
  if (sink_) sink_->begin_backward();
  Tape& tape = *std::exchange(tape_, nullptr);
  try {
    std::vector<std::vector<at::Tensor>> gradients;
    std::vector<const std::vector<ParameterPtr>*> parameters;
    for (size_t i = 0; i < due_.size(); ++i) {
      gradients.push_back(tape.backward(i, losses[i], seed, i + 1 < due_.size(), sink_));
      parameters.push_back(&objectives_[due_[i]].parameters);
    }
    tape.clear();
    if (sink_) report(parameters, gradients);
    return gradients;
  } catch (...) {
    tape.clear();
    if (sink_) sink_->abandon_step();
    throw;
  }
}

void Executor::look_at(const Step& step, const std::vector<at::Tensor>& inputs,
                       const std::vector<at::Tensor>& outputs) const {
  const Node& node = *step.node;
  std::vector<at::Tensor> parameters;
  if (node.layer()) parameters = leaves_of(engine_, node.layer()->parameters());
  watch_->see(node, inputs, parameters, outputs);
  if (step.records) watch_->await_gradients(node, outputs);
}

void Executor::look_at(const std::vector<Demand>& demands,
                       const std::vector<std::vector<at::Tensor>>& gradients) const {
  for (size_t i = 0; i < demands.size(); ++i)
    for (size_t p = 0; p < gradients[i].size(); ++p)
      watch_->see_gradient(*demands[i].parameters[p], demands[i].parameters[p]->name, gradients[i][p]);
}

void Executor::report(const std::vector<const std::vector<ParameterPtr>*>& parameters,
                      const std::vector<std::vector<at::Tensor>>& gradients) {
  std::vector<ParameterPtr> all;
  std::vector<at::Tensor> flat;
  for (size_t i = 0; i < parameters.size(); ++i) {
    all.insert(all.end(), parameters[i]->begin(), parameters[i]->end());
    flat.insert(flat.end(), gradients[i].begin(), gradients[i].end());
  }
  sink_->end_backward(all, flat);
}

}  // namespace orrery
