#include "runtime/engine/training/scheduled.h"

#include <algorithm>

#include "runtime/core/error.h"

namespace orrery {
namespace {

std::string watched_by(const ScheduleUse& use, const Attributes& manager) {
  if (use.options.has("monitor")) return use.options.text("monitor");
  return manager.has("monitor") ? manager.text("monitor") : "loss";
}

// The manager has checked that it is one of its own.
size_t place_of_optimizer(const Manager& manager, const Schedule& schedule) {
  const auto& all = manager.parts().optimizers;
  return static_cast<size_t>(std::ranges::find(all, schedule.optimizer()) - all.begin());
}

}  // namespace

Scheduled::Scheduled(const Manager& manager, const RunTargets& targets, bool with_validation)
    : turns_(manager.turns()) {
  for (const ScheduleUse& use : manager.parts().schedules) {
    Schedule& schedule = *use.schedule;
    Monitored watched(targets, schedule.watches() ? watched_by(use, manager.options()) : "", with_validation);
    check(!schedule.watches() || !watched.name().empty(), Fault::usage,
          "schedule {} has no number to watch: the run has neither a loss nor a metric", schedule.kind());
    entries_.push_back({&schedule, place_of_optimizer(manager, schedule),
                        use.options.text("interval") == "step", use.options.integer("frequency"),
                        std::move(watched)});
  }
}

void Scheduled::update_done(std::int64_t updates) const {
  for (const Entry& entry : entries_)
    if (entry.each_update && turns_.has(entry.optimizer, updates) &&
        turns_.updates_of(entry.optimizer, updates) % entry.frequency == 0)
      entry.schedule->step();
}

void Scheduled::epoch_done(const EpochReport& report) const {
  for (const Entry& entry : entries_) {
    if (entry.each_update || report.epoch % entry.frequency != 0) continue;
    if (!entry.schedule->watches())
      entry.schedule->step();
    else if (const auto number = entry.watched.value(report))
      entry.schedule->step(*number);
  }
}

}  // namespace orrery
