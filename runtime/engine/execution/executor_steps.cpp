// The part of Executor that computes the steps of a plan, one by one.
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/execution/step_failure.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

std::vector<at::Tensor> input_fields(const Node& node, const Batch& batch, const at::Device& device) {
  std::vector<at::Tensor> fields;
  for (const Field& field : node.input_spec()->fields) {
    const auto found = batch.find(field.name);
    fields.push_back(found == batch.end() ? at::Tensor()
                                          : found->second.to(device, scalar_type(field.type.dtype)));
  }
  return fields;
}

}  // namespace

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

void Executor::look_at(const Step& step, const std::vector<at::Tensor>& inputs,
                       const std::vector<at::Tensor>& outputs) const {
  const Node& node = *step.node;
  std::vector<at::Tensor> parameters;
  if (node.layer()) parameters = leaves_of(engine_, node.layer()->parameters());
  watch_->see(node, inputs, parameters, outputs);
  if (step.records) watch_->await_gradients(node, outputs);
}

}  // namespace orrery
