// The part of Updater that gives what it keeps for its parameters, and takes it up again.
#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/core/names.h"
#include "runtime/engine/training/updater.h"

namespace orrery {

std::vector<Updater::Place> Updater::places() {
  std::vector<Place> places(parameters_.size());
  for (Group& group : groups_) {
    for (Bucket& bucket : group.buckets) {
      for (size_t i = 0; i < bucket.positions.size(); ++i) places[bucket.positions[i]] = {&bucket, i};
    }
  }
  return places;
}

std::vector<Updater::State> Updater::state() {
  std::vector<State> state;
  const std::vector<Place> all = places();
  for (size_t p = 0; p < all.size(); ++p) {
    const auto& [bucket, index] = all[p];
    if (!bucket->progress[index].started) continue;
    if (kind_->counts) state.push_back({keys_[p] + ".step", bucket->lists.steps[index]});
    for (size_t k = 0; k < bucket->states.size(); ++k) {
      state.push_back({keys_[p] + "." + bucket->states[k].name, bucket->lists.states[k][index]});
    }
  }
  return state;
}

void Updater::load_state(const std::vector<State>& state) {
  const c10::NoGradGuard no_grad;
  const std::vector<Place> all = places();
  for (const Place& place : all) {
    place.bucket->progress[place.index] = {};
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
  for (size_t p = 0; kind_->counts && p < all.size(); ++p) {
    Progress& progress = all[p].bucket->progress[all[p].index];
    if (!progress.started) continue;
    progress.updates = all[p].bucket->lists.steps[all[p].index].item<std::int64_t>();
    check(progress.updates > 0, Fault::input_file, "the optimizer's state of '{}' has no count of updates",
          keys_[p]);
  }
}

at::Tensor Updater::place_in_state(const Place& place, const std::string& name) const {
  if (kind_->counts && name == "step") return place.bucket->lists.steps[place.index];
  std::vector<std::string> names;
  for (size_t k = 0; k < place.bucket->states.size(); ++k) {
    names.push_back(place.bucket->states[k].name);
    if (names.back() == name) return place.bucket->lists.states[k][place.index];
  }
  fail(Fault::input_file, "the optimizer keeps no '{}' for a parameter{}", name, did_you_mean(name, names));
}

void Updater::load(const Place& place, const State& entry) const {
  Progress& progress = place.bucket->progress[place.index];
  if (!std::exchange(progress.started, true)) start(*place.bucket, place.index);
  at::Tensor target = place_in_state(place, entry.key.substr(entry.key.rfind('.') + 1));
  check(target.sizes() == entry.tensor.sizes(), Fault::input_file,
        "the optimizer's state '{}' has {} elements, expected {}", entry.key, entry.tensor.numel(),
        target.numel());
  target.copy_(entry.tensor);
}

std::vector<std::int64_t> Updater::state_bytes() {
  std::vector<std::int64_t> bytes;
  for (const auto& [bucket, index] : places()) {
    std::int64_t sum = 0;
    if (bucket->progress[index].started) {
      if (kind_->counts) sum += static_cast<std::int64_t>(bucket->lists.steps[index].nbytes());
      for (const auto& states : bucket->lists.states)
        sum += static_cast<std::int64_t>(states[index].nbytes());
    }
    bytes.push_back(sum);
  }
  return bytes;
}

}  // namespace orrery
