#include "runtime/engine/training/governor_states.h"

#include <ATen/ATen.h>

namespace orrery {
namespace {

// A count of updates is overwritten by what is loaded, which has new tensors for all else.
std::vector<Updater::State> kept_state(Updater& updater) {
  std::vector<Updater::State> state = updater.state();
  for (Updater::State& entry : state)
    if (entry.key.ends_with(".step")) entry.tensor = entry.tensor.clone();
  return state;
}

}  // namespace

GovernorStates::GovernorStates(const Manager& manager,
                               const std::vector<std::shared_ptr<Updater>>& updaters) {
  const auto& optimizers = manager.parts().optimizers;
  for (size_t i = 0; i < optimizers.size(); ++i) {
    OfOptimizer& kept = optimizers_.emplace_back(OfOptimizer{optimizers[i], updaters.at(i), {}, {}});
    for (const ParameterGroup& group : optimizers[i]->groups()) kept.options.push_back(group.options);
    kept.state = kept_state(*kept.updater);
  }
  for (const ScheduleUse& use : manager.parts().schedules)
    schedules_.push_back({use.schedule, use.schedule->state()});
}

// An updater without a state lets any option change, and schedules set their optimizers' rates.
void GovernorStates::put_back() const {
  for (const OfSchedule& kept : schedules_) kept.schedule->load_state(kept.state);
  for (const OfOptimizer& kept : optimizers_) {
    kept.updater->load_state({});
    for (size_t group = 0; group < kept.options.size(); ++group)
      for (const auto& [name, value] : kept.options[group].entries())
        if (kept.optimizer->groups()[group].options.at(name) != value)
          kept.optimizer->set_option(group, name, value);
    kept.updater->load_state(kept.state);
  }
}

}  // namespace orrery
