#include "runtime/engine/training/updater.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/core/names.h"
#include "runtime/engine/training/adam.h"
#include "runtime/engine/training/sgd.h"

namespace orrery {
namespace {

// The fused kernels walk over raw memory, so a gradient must lie in memory as its parameter does.
at::Tensor laid_out_as(const at::Tensor& parameter, const at::Tensor& gradient) {
  if (!gradient.defined() || gradient.strides() == parameter.strides()) return gradient;
  return at::empty_like(parameter).copy_(gradient);
}

bool uniform(const std::vector<bool>& flags) {
  return std::adjacent_find(flags.begin(), flags.end(), std::not_equal_to<>()) == flags.end();
}

}  // namespace

std::unique_ptr<Updater> Updater::make(const std::string& kind, std::vector<UpdateGroup> groups) {
  std::unique_ptr<Updater> made;
  if (kind == "SGD") made = std::make_unique<Sgd>();
  if (kind == "Adam") made = std::make_unique<Adam>(Adam::Decay::added_to_gradient);
  if (kind == "AdamW") made = std::make_unique<Adam>(Adam::Decay::decoupled);
  invariant(made != nullptr, "an optimizer is described but not executed");
  made->take(std::move(groups));
  return made;
}

void Updater::take(std::vector<UpdateGroup> groups) {
  groups_.reserve(groups.size());
  for (UpdateGroup& given : groups) {
    invariant(given.keys.size() == given.parameters.size(),
              "an optimizer's group with parameters without keys");
    Group& group = groups_.emplace_back();
    group.options = std::move(given.options);
    group.states = state_names(group.options);
    for (const at::Tensor& parameter : given.parameters) add(group, parameter);
    keys_.insert(keys_.end(), given.keys.begin(), given.keys.end());
  }
  for (Group& group : groups_) {
    for (Bucket& bucket : group.buckets) {
      const auto count = static_cast<std::int64_t>(bucket.positions.size());
      bucket.counters = at::zeros({count}, bucket.lists.parameters.front().options().dtype(at::kFloat));
      bucket.lists.steps = bucket.counters.unbind();
    }
  }
}

void Updater::add(Group& group, const at::Tensor& parameter) {
  const auto fits = [&](const Bucket& bucket) {
    const at::Tensor& other = bucket.lists.parameters.front();
    return other.dtype() == parameter.dtype() && other.device() == parameter.device();
  };
  auto bucket = std::find_if(group.buckets.begin(), group.buckets.end(), fits);
  if (bucket == group.buckets.end()) bucket = group.buckets.emplace(bucket);
  bucket->positions.push_back(parameters_.size());
  bucket->started.push_back(false);
  bucket->lists.parameters.push_back(parameter);
  bucket->lists.gradients.emplace_back();
  bucket->lists.states.resize(group.states.size());
  for (auto& states : bucket->lists.states) states.emplace_back();
  parameters_.push_back(parameter);
}

void Updater::step(const std::vector<at::Tensor>& gradients) {
  invariant(gradients.size() == parameters_.size(),
            "an optimizer got another number of gradients than parameters");
  const c10::NoGradGuard no_grad;
  for (Group& group : groups_) {
    for (Bucket& bucket : group.buckets) {
      for (size_t i = 0; i < bucket.positions.size(); ++i) {
        bucket.lists.gradients[i] = laid_out_as(bucket.lists.parameters[i], gradients[bucket.positions[i]]);
      }
      step(group, bucket);
      std::fill(bucket.lists.gradients.begin(), bucket.lists.gradients.end(), at::Tensor());
    }
  }
}

void Updater::step() {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters_) gradients.push_back(parameter.grad());
  step(gradients);
}

void Updater::step(const Group& group, Bucket& bucket) const {
  const auto& gradients = bucket.lists.gradients;
  const bool complete =
      std::all_of(gradients.begin(), gradients.end(), [](const auto& g) { return g.defined(); });
  if (!complete || !uniform(bucket.started)) {
    step_some(group, bucket, true);
    return step_some(group, bucket, false);
  }
  bucket.lists.first = !bucket.started.front();
  for (size_t i = 0; bucket.lists.first && i < bucket.positions.size(); ++i) start(bucket, i);
  if (counts()) bucket.counters.add_(1);
  update(group.options, bucket.lists);
}

// The parameters that have a gradient now, and have or have not been updated before.
void Updater::step_some(const Group& group, Bucket& bucket, bool started) const {
  Lists some;
  some.states.resize(group.states.size());
  some.first = !started;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < bucket.positions.size(); ++i) {
    if (bucket.lists.gradients[i].defined() && bucket.started[i] == started) chosen.push_back(i);
  }
  for (const size_t i : chosen) {
    if (!started) start(bucket, i);
    if (counts()) bucket.lists.steps[i].add_(1);
    some.parameters.push_back(bucket.lists.parameters[i]);
    some.gradients.push_back(bucket.lists.gradients[i]);
    some.steps.push_back(bucket.lists.steps[i]);
    for (size_t k = 0; k < some.states.size(); ++k) some.states[k].push_back(bucket.lists.states[k][i]);
  }
  if (!chosen.empty()) update(group.options, some);
}

void Updater::start(Bucket& bucket, size_t index) const {
  for (auto& states : bucket.lists.states) states[index] = at::zeros_like(bucket.lists.parameters[index]);
  bucket.started[index] = true;
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
  std::vector<std::string> states = state_names(options);
  if (states != changed.states) change_states(changed, std::move(states), name);
  changed.options = std::move(options);
}

void Updater::change_states(Group& group, std::vector<std::string> states, const std::string& option) const {
  const auto place_of = [&](const std::string& name) { return std::ranges::find(group.states, name); };
  const bool grows =
      std::ranges::any_of(states, [&](const auto& name) { return place_of(name) == group.states.end(); });
  const bool begun = std::ranges::any_of(group.buckets, [](const Bucket& bucket) {
    return std::ranges::find(bucket.started, true) != bucket.started.end();
  });
  check(!grows || !begun || !counts(), Fault::usage,
        "{} cannot change after the first step: it asks for a state that was not kept", option);
  for (Bucket& bucket : group.buckets) {
    std::vector<std::vector<at::Tensor>> kept;
    for (const std::string& name : states) {
      const auto place = place_of(name);
      kept.push_back(place == group.states.end()
                         ? std::vector<at::Tensor>(bucket.positions.size())
                         : bucket.lists.states[static_cast<size_t>(place - group.states.begin())]);
    }
    bucket.lists.states = std::move(kept);
    if (grows) std::fill(bucket.started.begin(), bucket.started.end(), false);
  }
  group.states = std::move(states);
}

std::vector<Updater::Place> Updater::places() {
  std::vector<Place> places(parameters_.size());
  for (Group& group : groups_) {
    for (Bucket& bucket : group.buckets) {
      for (size_t i = 0; i < bucket.positions.size(); ++i)
        places[bucket.positions[i]] = {&bucket, i, &group.states};
    }
  }
  return places;
}

std::vector<Updater::State> Updater::state() {
  std::vector<State> state;
  const std::vector<Place> all = places();
  for (size_t p = 0; p < all.size(); ++p) {
    const auto& [bucket, index, names] = all[p];
    if (!bucket->started[index]) continue;
    if (counts()) state.push_back({keys_[p] + ".step", bucket->lists.steps[index]});
    for (size_t k = 0; k < names->size(); ++k) {
      state.push_back({keys_[p] + "." + (*names)[k], bucket->lists.states[k][index]});
    }
  }
  return state;
}

void Updater::load_state(const std::vector<State>& state) {
  const c10::NoGradGuard no_grad;
  const std::vector<Place> all = places();
  for (const Place& place : all) {
    place.bucket->started[place.index] = false;
    place.bucket->lists.steps[place.index].zero_();
  }
  for (const State& entry : state) {
    const size_t dot = entry.key.rfind('.');
    const auto key = std::find(keys_.begin(), keys_.end(), entry.key.substr(0, dot));
    check(dot != std::string::npos && key != keys_.end(), Fault::input_file,
          "the optimizer's state has '{}', and no such parameter is optimised{}", entry.key,
          did_you_mean(entry.key.substr(0, dot), keys_));
    load(all[static_cast<size_t>(key - keys_.begin())], entry);
  }
}

void Updater::load(const Place& place, const State& entry) const {
  const std::string name = entry.key.substr(entry.key.rfind('.') + 1);
  if (!place.bucket->started[place.index]) start(*place.bucket, place.index);
  at::Tensor target = place.bucket->lists.steps[place.index];
  if (!(counts() && name == "step")) {
    const auto known = std::find(place.states->begin(), place.states->end(), name);
    check(known != place.states->end(), Fault::input_file, "the optimizer keeps no '{}' for a parameter{}",
          name, did_you_mean(name, *place.states));
    target = place.bucket->lists.states[static_cast<size_t>(known - place.states->begin())][place.index];
  }
  check(target.sizes() == entry.tensor.sizes(), Fault::input_file,
        "the optimizer's state '{}' has {} elements, expected {}", entry.key, entry.tensor.numel(),
        target.numel());
  target.copy_(entry.tensor);
}

std::vector<std::int64_t> Updater::state_bytes() {
  std::vector<std::int64_t> bytes;
  for (const auto& [bucket, index, names] : places()) {
    std::int64_t sum = 0;
    if (bucket->started[index]) {
      if (counts()) sum += static_cast<std::int64_t>(bucket->lists.steps[index].nbytes());
      for (const auto& states : bucket->lists.states)
        sum += static_cast<std::int64_t>(states[index].nbytes());
    }
    bytes.push_back(sum);
  }
  return bytes;
}

}  // namespace orrery
