// The part of TrainingRun that tries how many threads it is to have.
#include "runtime/engine/training/training_run.h"

namespace orrery {

// Before the run begins, so that all of its steps are computed alike.
void TrainingRun::choose_threads(bool by_hand, bool recorded) {
  const ThreadedRun run{graph_,
                        manager_,
                        step_.device(),
                        by_hand,
                        found_.has_value(),
                        loader_->batches(),
                        loader_->calls_the_script()};
  auto reason = untried(engine_, run, machine_);
  if (!reason)
    reason = try_threads(run, recorded, false);
  else if (*reason == ThreadReason::asked && tries_branches(engine_, run, machine_))
    try_threads(run, recorded, true);
  facts_.thread_reason = name(*reason);
}

// What fails here fails again in the run's first step, which tells of it. `branches`: alone.
ThreadReason TrainingRun::try_threads(const ThreadedRun& run, bool recorded, bool branches) {
  if (step_.targets().loss_count == 0) return ThreadReason::failed;
  const int before = engine_.threads();
  Recorder unread(graph_, recorder_ ? recorder_->choice() : ProfileChoice());
  if (recorder_) step_.set_recorder(&unread);
  ThreadReason reason = ThreadReason::failed;
  try {
    const Engine::Turn turn(engine_);
    Minibatch batch = loader_->peek().value();
    input_.put_into(batch);
    const ThreadKey key = thread_key(engine_, run, batch.fields, machine_);
    step_.rehearse(batch, [&](const std::function<void()>& step) {
      const ThreadMemory memory = recorded ? ThreadMemory::of(manager_, true) : ThreadMemory();
      const TriedWays tried{step, [&](bool beside) { set_side_by_side(beside); },
                            [&] { return step_.ran_side_by_side(); }};
      if (branches)
        use_branches_if_faster(engine_, key, memory, machine_, tried);
      else
        reason = use_fastest_threads(engine_, key, memory, machine_, tried);
    });
  } catch (...) {
    engine_.use_threads(before);
    set_side_by_side(false);
    reason = ThreadReason::failed;
  }
  step_.set_recorder(recorder_.get());
  return reason;
}

void TrainingRun::set_side_by_side(bool beside) {
  facts_.side_by_side = beside;
  step_.set_side_by_side(beside);
}

}  // namespace orrery
