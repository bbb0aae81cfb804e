#include "runtime/engine/training/weight_averages.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace orrery {
namespace {

// A share of all epochs, or the epoch itself.
std::int64_t first_epoch(double start, std::int64_t epochs) {
  return start < 1 ? static_cast<std::int64_t>(std::floor(start * static_cast<double>(epochs))) + 1
                   : static_cast<std::int64_t>(std::ceil(start));
}

// The beginning of the memory of a tensor's device, as that tensor.
at::Tensor part_like(const std::vector<at::Tensor>& spare, const at::Tensor& tensor) {
  const at::Tensor& place = *std::ranges::find(spare, tensor.device(), &at::Tensor::device);
  const at::Tensor part = place.narrow(0, 0, static_cast<std::int64_t>(tensor.nbytes()));
  return part.view(tensor.scalar_type()).view(tensor.sizes());
}

bool may_change(const Parameter& parameter) { return parameter.buffer || parameter.trainable; }

}  // namespace

std::unique_ptr<WeightAverages> WeightAverages::of(Engine& engine, const Graph& graph,
                                                   const Manager& manager) {
  const auto made = [&](const Attributes& options, Rule rule) {
    return std::unique_ptr<WeightAverages>(new WeightAverages(engine, graph, rule, options.boolean("use")));
  };
  if (const Attributes* ema = manager.group("ema"))
    return made(*ema, {.exponential = true,
                       .decay = ema->real("decay"),
                       .every = ema->integer("update_every_n_steps"),
                       .start = ema->integer("update_starting_at_step")});
  if (const Attributes* swa = manager.group("swa"))
    return made(*swa, {.exponential = false,
                       .start = first_epoch(swa->real("start"), manager.options().integer("epochs"))});
  return nullptr;
}

WeightAverages::WeightAverages(Engine& engine, const Graph& graph, Rule rule, bool used)
    : engine_(engine), rule_(rule), used_(used) {
  std::unordered_set<const Parameter*> seen;
  for (const Graph::Entry& entry : graph.state_of_run())
    if (seen.insert(entry.parameter.get()).second) averages_.push_back({entry.key, entry.parameter, {}});
}

void WeightAverages::before_step() {
  if (averaged_ == 0) return;
  for (Average& each : averages_)
    if (!each.tensor.defined() && may_change(*each.parameter))
      each.tensor = engine_.tensor(each.parameter).detach().clone();
}

void WeightAverages::after_update() {
  const std::int64_t update = ++updates_;
  if (rule_.exponential && update > rule_.start && (update - rule_.start - 1) % rule_.every == 0) average();
}

void WeightAverages::after_epoch(std::int64_t epoch) {
  if (!rule_.exponential && epoch >= rule_.start) average();
}

void WeightAverages::average() {
  const Engine::Turn turn(engine_);
  const c10::NoGradGuard no_grad;
  const double share = rule_.exponential ? 1 - rule_.decay : 1.0 / static_cast<double>(averaged_ + 1);
  for (Average& each : averages_) {
    if (!each.tensor.defined() && !may_change(*each.parameter)) continue;
    const at::Tensor now = engine_.tensor(each.parameter).detach();
    if (!each.tensor.defined())
      each.tensor = now.clone();
    else if (now.is_floating_point() || now.is_complex())
      each.tensor.lerp_(now, share);
    else
      each.tensor.copy_(now);
  }
  ++averaged_;
}

// Bytes for the largest average of each device.
std::vector<at::Tensor> WeightAverages::spare_memory() const {
  std::vector<at::Tensor> spare;
  for (const Average& each : averages_) {
    if (!each.tensor.defined()) continue;
    const auto bytes = static_cast<std::int64_t>(each.tensor.nbytes());
    const auto known = std::ranges::find(spare, each.tensor.device(), &at::Tensor::device);
    at::Tensor& place = known == spare.end() ? spare.emplace_back() : *known;
    if (!place.defined() || place.numel() < bytes)
      place = at::empty({bytes}, at::device(each.tensor.device()).dtype(at::kByte));
  }
  return spare;
}

void WeightAverages::exchange(const std::vector<at::Tensor>& spare) {
  const Engine::Turn turn(engine_);
  const c10::NoGradGuard no_grad;
  for (Average& each : averages_) {
    if (!each.tensor.defined()) continue;
    at::Tensor now = engine_.tensor(each.parameter).detach();
    const at::Tensor kept = part_like(spare, each.tensor);
    kept.copy_(now);
    now.copy_(each.tensor);
    each.tensor.copy_(kept);
  }
}

WeightAverages::InUse::InUse(WeightAverages* averages)
    : averages_(averages && averages->used() ? averages : nullptr) {
  if (!averages_) return;
  spare_ = averages_->spare_memory();
  averages_->exchange(spare_);
}

WeightAverages::InUse::~InUse() {
  if (averages_) averages_->exchange(spare_);
}

void WeightAverages::save(Checkpoint& to) const {
  to.numbers["average.updates"] = static_cast<double>(updates_);
  to.numbers["average.averaged"] = static_cast<double>(averaged_);
  for (const Average& each : averages_)
    if (each.tensor.defined()) to.tensors.push_back({"average." + each.key, each.tensor});
}

void WeightAverages::load(const Checkpoint& from) {
  if (!from.numbers.contains("average.averaged")) return;  // it was not asked for then
  const Engine::Turn turn(engine_);
  updates_ = from.count("average.updates");
  averaged_ = from.count("average.averaged");
  for (Average& each : averages_) {
    const at::Tensor* average = from.find("average." + each.key);
    if (!average) continue;
    const Shape& here = each.parameter->shape;
    const Shape there = type_of(*average).shape;
    check(there == here, Fault::input_file, "the average of {} is {} in the checkpoint, and {} here",
          each.key, str(there), str(here));
    each.tensor = average->to(engine_.tensor(each.parameter).device());
  }
}

}  // namespace orrery
