#include "runtime/engine/training/updater.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/training/updaters.h"

namespace orrery {
namespace {

// The fused kernels walk over raw memory, so a gradient must lie in memory as its parameter does.
at::Tensor laid_out_as(const at::Tensor& parameter, const at::Tensor& gradient) {
  if (!gradient.defined() || gradient.strides() == parameter.strides()) return gradient;
  return at::empty_like(parameter).copy_(gradient);
}

// The fused kernels do not tell autograd that they write: it would go on with activations of before and
// weights of now, where gradients of an earlier forward pass are asked for.
void mark_written(const std::vector<at::Tensor>& parameters) {
  for (const at::Tensor& parameter : parameters) parameter.unsafeGetTensorImpl()->bump_version();
}

bool same_states(const std::vector<StateTensor>& a, const std::vector<StateTensor>& b) {
  return std::ranges::equal(a, b, {}, &StateTensor::name, &StateTensor::name);
}

at::Tensor first_state(const StateTensor& state, const at::Tensor& parameter) {
  std::vector<std::int64_t> sizes = parameter.sizes().vec();
  switch (state.extent) {
    case StateTensor::Extent::parameter: return at::full_like(parameter, state.first);
    case StateTensor::Extent::number: return at::full({}, state.first, parameter.options().dtype(at::kFloat));
    case StateTensor::Extent::column: sizes[sizes.size() - 1] = 1; break;
    case StateTensor::Extent::row: sizes[sizes.size() - 2] = 1; break;
  }
  return at::full(sizes, state.first, parameter.options());
}

}  // namespace

std::unique_ptr<Updater> Updater::make(const std::string& kind, std::vector<UpdateGroup> groups) {
  std::unique_ptr<Updater> made = make_updater(kind);
  made->take(optimizer_kind(kind), std::move(groups));
  return made;
}

void Updater::take(const OptimizerKind& kind, std::vector<UpdateGroup> groups) {
  kind_ = &kind;
  groups_.reserve(groups.size());
  for (UpdateGroup& given : groups) {
    invariant(given.keys.size() == given.parameters.size(),
              "an optimizer's group with parameters without keys");
    Group& group = groups_.emplace_back();
    group.options = std::move(given.options);
    for (const at::Tensor& parameter : given.parameters) add(group, parameter);
    group_of_.resize(parameters_.size(), groups_.size() - 1);
    keys_.insert(keys_.end(), given.keys.begin(), given.keys.end());
  }
  for (Group& group : groups_) {
    for (Bucket& bucket : group.buckets) {
      const auto count = static_cast<std::int64_t>(bucket.positions.size());
      bucket.counters = at::zeros({count}, bucket.lists.parameters.front().options().dtype(at::kFloat));
      bucket.lists.steps = bucket.counters.unbind();
      bucket.one = at::ones({}, bucket.counters.options());
    }
  }
  find_alone();
}

bool Updater::stands_alone(const at::Tensor& parameter) const {
  return separable() && parameter.is_cpu() && static_cast<std::int64_t>(parameter.nbytes()) >= kAloneBytes;
}

void Updater::find_alone() {
  alone_.assign(parameters_.size(), {});
  for (Group& group : groups_)
    for (Bucket& bucket : group.buckets)
      if (stands_alone(bucket.lists.parameters.front())) alone_[bucket.positions.front()] = {&group, &bucket};
}

// What evaluates by itself keeps its state in its own form.
std::vector<StateTensor> Updater::states_of(const Attributes& options, const at::Tensor& parameter) const {
  if (kind_->evaluates) return {};
  return kind_->states(options, static_cast<size_t>(parameter.dim()));
}

void Updater::add(Group& group, const at::Tensor& parameter) {
  std::vector<StateTensor> states = states_of(group.options, parameter);
  const auto fits = [&](const Bucket& bucket) {
    const at::Tensor& other = bucket.lists.parameters.front();
    return !stands_alone(other) && !stands_alone(parameter) && other.dtype() == parameter.dtype() &&
           other.device() == parameter.device() && same_states(bucket.states, states);
  };
  auto bucket = std::find_if(group.buckets.begin(), group.buckets.end(), fits);
  if (bucket == group.buckets.end()) bucket = group.buckets.emplace(bucket);
  bucket->positions.push_back(parameters_.size());
  bucket->progress.emplace_back();
  bucket->lists.parameters.push_back(parameter);
  bucket->lists.gradients.emplace_back();
  bucket->lists.states.resize(states.size());
  for (auto& tensors : bucket->lists.states) tensors.emplace_back();
  bucket->states = std::move(states);
  parameters_.push_back(parameter);
}

void Updater::step(const std::vector<at::Tensor>& gradients) {
  prepare(gradients);
  step_prepared();
}

void Updater::prepare(const std::vector<at::Tensor>& gradients) {
  invariant(gradients.size() == parameters_.size(),
            "an optimizer got another number of gradients than parameters");
  check(!kind_->evaluates, Fault::usage,
        "{} evaluates the loss several times in a step: give it a function that returns the loss, "
        "optimizer:step(function() … end)",
        kind_->name);
  const c10::NoGradGuard no_grad;
  for (Group& group : groups_)
    for (Bucket& bucket : group.buckets)
      for (size_t i = 0; i < bucket.positions.size(); ++i) take(bucket, i, gradients[bucket.positions[i]]);
}

void Updater::step_prepared() {
  const c10::NoGradGuard no_grad;
  for (Group& group : groups_)
    for (Bucket& bucket : group.buckets) step(group, bucket);
}

void Updater::step_alone(size_t position, const at::Tensor& gradient) {
  const c10::NoGradGuard no_grad;
  const auto& [group, bucket] = alone_[position];
  take(*bucket, 0, gradient);
  step(*group, *bucket);
}

// A state that an earlier attempt has left is nobody's.
void Updater::take(Bucket& bucket, size_t index, const at::Tensor& gradient) const {
  const at::Tensor given = laid_out_as(bucket.lists.parameters[index], gradient);
  if (given.defined() && !bucket.progress[index].started) start(bucket, index);
  bucket.lists.gradients[index] = given;
}

void Updater::step() {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters_) gradients.push_back(parameter.grad());
  step(gradients);
}

at::Tensor Updater::step_with(const Evaluate& evaluate) {
  const LossAndGradients evaluation = evaluate();
  step(evaluation.gradients);
  return evaluation.loss;
}

void Updater::count_up(Progress& progress) const {
  progress.started = true;
  if (kind_->counts) ++progress.updates;
}

void Updater::step(const Group& group, Bucket& bucket) const {
  auto& gradients = bucket.lists.gradients;
  const auto given = std::ranges::count_if(gradients, &at::Tensor::defined);
  if (given == 0) return;
  const bool complete = static_cast<size_t>(given) == gradients.size();
  std::vector<Progress> kinds;
  for (const Progress& progress : bucket.progress)
    if (std::ranges::find(kinds, progress) == kinds.end()) kinds.push_back(progress);
  if (!complete || kinds.size() > 1) {
    for (const Progress& progress : kinds) step_some(group, bucket, progress);
    return;
  }
  bucket.lists.first = !bucket.progress.front().started;
  if (kind_->counts) bucket.counters.add_(bucket.one);
  for (Progress& progress : bucket.progress) count_up(progress);
  update(group.options, bucket.lists);
  mark_written(bucket.lists.parameters);
  std::ranges::fill(gradients, at::Tensor());
}

// The parameters that have a gradient now, and have come so far; when they have come further, they have none.
void Updater::step_some(const Group& group, Bucket& bucket, Progress progress) const {
  Lists some;
  some.rate = bucket.lists.rate;
  some.states.resize(bucket.states.size());
  some.first = !progress.started;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < bucket.positions.size(); ++i) {
    if (bucket.lists.gradients[i].defined() && bucket.progress[i] == progress) chosen.push_back(i);
  }
  for (const size_t i : chosen) {
    if (kind_->counts) bucket.lists.steps[i].add_(bucket.one);
    some.parameters.push_back(bucket.lists.parameters[i]);
    some.gradients.push_back(std::exchange(bucket.lists.gradients[i], {}));
    some.steps.push_back(bucket.lists.steps[i]);
    for (size_t k = 0; k < some.states.size(); ++k) some.states[k].push_back(bucket.lists.states[k][i]);
  }
  if (!chosen.empty()) update(group.options, some);
  mark_written(some.parameters);
  for (const size_t i : chosen) count_up(bucket.progress[i]);
}

void Updater::start(Bucket& bucket, size_t index) const {
  for (size_t k = 0; k < bucket.states.size(); ++k)
    bucket.lists.states[k][index] = first_state(bucket.states[k], bucket.lists.parameters[index]);
}

void Updater::set_keys(std::vector<std::string> keys) {
  invariant(keys.size() == parameters_.size(), "an optimizer got another number of keys than parameters");
  keys_ = std::move(keys);
}

bool Updater::fits(const std::vector<at::Tensor>& parameters) const {
  const auto same = [](const at::Tensor& a, const at::Tensor& b) { return a.is_same(b); };
  const auto in_place = [](const Bucket& bucket) {
    return std::ranges::all_of(bucket.lists.parameters, [&](const at::Tensor& parameter) {
      return parameter.device() == bucket.counters.device() &&
             parameter.dtype() == bucket.lists.parameters.front().dtype();
    });
  };
  return std::ranges::equal(parameters, parameters_, same) &&
         std::ranges::all_of(
             groups_, [&](const Group& group) { return std::ranges::all_of(group.buckets, in_place); });
}

void Updater::set_option(size_t group, const std::string& name, const AttributeValue& value) {
  Group& changed = groups_.at(group);
  Attributes options = changed.options;
  options.set(name, value);
  std::vector<std::vector<StateTensor>> states;
  for (const Bucket& bucket : changed.buckets) {
    states.push_back(states_of(options, bucket.lists.parameters.front()));
    check(may_change(bucket, states.back()), Fault::usage,
          "{} cannot change after the first step: it asks for a state that was not kept", name);
  }
  for (size_t i = 0; i < states.size(); ++i) change_states(changed.buckets[i], std::move(states[i]));
  changed.options = std::move(options);
  if (name != "lr" || !rates_on_device_)
    ++changes_;
  else
    for (const Bucket& bucket : changed.buckets) bucket.lists.rate.fill_(changed.options.real("lr"));
}

void Updater::keep_rates_on_device() {
  if (!reads_rate()) return;
  rates_on_device_ = true;
  for (Group& group : groups_)
    for (Bucket& bucket : group.buckets)
      bucket.lists.rate = at::full(
          {}, group.options.real("lr"),
          at::device(bucket.counters.device()).dtype(bucket.counters.is_cpu() ? at::kDouble : at::kFloat));
}

std::vector<std::int64_t> Updater::counts() const {
  std::vector<std::int64_t> counts(parameters_.size());
  for (const Group& group : groups_)
    for (const Bucket& bucket : group.buckets)
      for (size_t i = 0; i < bucket.positions.size(); ++i)
        counts[bucket.positions[i]] = bucket.progress[i].updates;
  return counts;
}

void Updater::add_counts(const std::vector<std::int64_t>& more) {
  for (Group& group : groups_)
    for (Bucket& bucket : group.buckets)
      for (size_t i = 0; i < bucket.positions.size(); ++i)
        bucket.progress[i].updates += more[bucket.positions[i]];
  mark_written(parameters_);
}

// A state that comes later begins with zeros, which nothing beside it may contradict.
bool Updater::may_change(const Bucket& bucket, const std::vector<StateTensor>& states) const {
  const auto known = [&](const StateTensor& state) {
    return std::ranges::find(bucket.states, state.name, &StateTensor::name) != bucket.states.end();
  };
  const bool alone = bucket.states.empty() && !kind_->counts;
  return alone || std::ranges::all_of(states, known) ||
         std::ranges::none_of(bucket.progress, &Progress::started);
}

void Updater::change_states(Bucket& bucket, std::vector<StateTensor> states) {
  if (same_states(bucket.states, states)) return;
  std::vector<std::vector<at::Tensor>> kept;
  bool grows = false;
  for (const StateTensor& state : states) {
    const auto place = std::ranges::find(bucket.states, state.name, &StateTensor::name);
    const bool known = place != bucket.states.end();
    grows = grows || !known;
    kept.push_back(known ? bucket.lists.states[static_cast<size_t>(place - bucket.states.begin())]
                         : std::vector<at::Tensor>(bucket.positions.size()));
  }
  bucket.lists.states = std::move(kept);
  bucket.states = std::move(states);
  if (grows) std::ranges::fill(bucket.progress, Progress());
}

at::Tensor Updater::Lists::count() const { return steps.front().to(at::kDouble); }

at::Tensor Updater::Lists::factor(const at::Tensor& number) const {
  return number.to(parameters.front().scalar_type());
}

std::vector<at::Tensor> Updater::Lists::factors(const std::vector<at::Tensor>& numbers) const {
  std::vector<at::Tensor> factors;
  for (const at::Tensor& number : numbers) factors.push_back(factor(number));
  return factors;
}

std::vector<at::Tensor> Updater::Lists::descent(const Attributes& options, bool decayed) const {
  const double decay = decayed ? options.real("weight_decay") : 0;
  std::vector<at::Tensor> descent = options.boolean("maximize") ? at::_foreach_neg(gradients) : gradients;
  return decay == 0 ? descent : at::_foreach_add(descent, parameters, decay);
}

}  // namespace orrery
