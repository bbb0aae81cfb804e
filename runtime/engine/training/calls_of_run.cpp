// The part of TrainingRun that is called, as a whole or by a loop by hand, and that ends it.
#include <utility>

#include "runtime/engine/training/training_run.h"

namespace orrery {
namespace {

// A script's function that was stopped says so by an error of its own.
bool is_stop(const Error& error) {
  return error.fault() == Fault::interrupted || error.fault() == Fault::terminated;
}

}  // namespace

// Errors that are no `std::exception` (a script's own) end the run when its record goes.
template <class Part>
auto TrainingRun::ending_when_stopped(Part part) {
  invariant(!ended_, "a training run was used after its end");
  failure_.clear();
  try {
    return part();
  } catch (const Error& error) {
    const bool stopped = is_stop(error);
    if (stopped) {
      if (const int signal = runtime_.stop.load(std::memory_order_relaxed))
        record_.stopped(signal, epochs_done_ + (epoch_open_ ? 1 : 0), summary_.steps);
      write_when_stopped();
    } else {
      failure_ = error.what();
    }
    tell_exception(error, stopped);
    if (stopped) end(RunStatus::interrupted, error.message() + position());
    throw;
  } catch (const std::exception& error) {
    failure_ = error.what();
    tell_exception(error, false);
    throw;
  }
}

// The error that ends the run is the one to be told.
void TrainingRun::tell_exception(const std::exception& error, bool stopped) {
  try {
    events_.on_exception(error.what(), stopped);
  } catch (const std::exception& another) {
    runtime_.log.warning(fmt::format("another error while the run's was told: {}", another.what()));
  }
}

// ` in epoch 2, step 3 of 40`
std::string TrainingRun::position() const {
  if (!epoch_open_) return fmt::format(" after epoch {}", epochs_done_);
  return fmt::format(" in epoch {}, step {} of {}", epochs_done_ + 1, loader_->position().batch,
                     loader_->batches());
}

void TrainingRun::end(RunStatus status, const std::string& reason) {
  ended_ = true;
  end_profile();
  list_checkpoint();
  log_->forget_means_after(epochs_done_);
  write_logged();
  log_->at({.point = RunLog::Moment::Point::over});
  record_.finish(status, reason);
}

TrainingSummary TrainingRun::run() {
  try {
    return ending_when_stopped([&] {
      check(step_.targets().loss_count > 0, Fault::usage,
            "no optimizer of the manager has a loss, so nothing would be trained");
      prepare_graphs();
      while (!over()) {
        while (const auto batch = next_batch()) train(*batch);
      }
      return finish_run();
    });
  } catch (const std::exception& error) {
    if (!ended_) end(RunStatus::failed, error.what());
    throw;
  }
}

std::optional<Minibatch> TrainingRun::next() {
  return ending_when_stopped([&] {
    settle();
    std::optional<Minibatch> batch = next_batch();
    handed_out_ = batch.has_value();
    return batch;
  });
}

std::vector<NamedTensor> TrainingRun::forward(const Minibatch& batch) {
  return ending_when_stopped([&] {
    const std::vector<at::Tensor> values = forward_values(batch);
    std::vector<NamedTensor> named;
    for (const auto& one : step_.targets().named)
      named.push_back({one.name, values[static_cast<size_t>(one.place)]});
    return named;
  });
}

void TrainingRun::step(size_t optimizer, const at::Tensor& loss) {
  ending_when_stopped([&] {
    // Another optimizer may still want its gradients from the same forward pass.
    const bool keep_graph = step_.updaters().size() > 1;
    step_.update(optimizer, loss, keep_graph);
    stop_if_asked();
  });
}

at::Tensor TrainingRun::step(size_t optimizer, const std::function<at::Tensor()>& loss) {
  return ending_when_stopped([&] {
    const at::Tensor first = step_.update(optimizer, loss, step_.updaters().size() > 1);
    stop_if_asked();
    return first;
  });
}

TrainingSummary TrainingRun::finish() {
  return ending_when_stopped([&] {
    settle();
    return finish_run();
  });
}

void TrainingRun::leave(const std::string& why) {
  const bool stopped = runtime_.stop.load(std::memory_order_relaxed) != 0;
  if (!failure_.empty() || stopped) return abandon(failure_.empty() ? "stopped" + position() : failure_);
  if (!ended_) end(RunStatus::done, why + position());
}

void TrainingRun::abandon(const std::string& reason) {
  const bool stopped = runtime_.stop.load(std::memory_order_relaxed) != 0;
  if (!ended_) end(stopped ? RunStatus::interrupted : RunStatus::failed, reason);
}

// The step of the batch that a loop by hand was given is over when it asks for more.
void TrainingRun::settle() {
  if (!std::exchange(handed_out_, false)) return;
  after_update();
  after_step();
}

TrainingSummary TrainingRun::finish_run() {
  if (epoch_open_) cut_epoch();
  if (folder_ && folder_->keeps_last() && !epoch_cut_ && written_at_ != summary_.steps) write_last();
  save([&](SaverFiles& saver) { return saver.at_end(numbers_for_names()); });
  if (averages_) WeightAverages::InUse(averages_.get()).keep();
  summary_.run_name = facts_.run_name;
  summary_.stopped_early = stopped_early_.empty() ? limits_.which() : stopped_early_;
  if (!summary_.stopped_early.empty()) runtime_.log.info("the run ended early: " + summary_.stopped_early);
  summary_.seconds = seconds_before_ + seconds_since(begun_);
  summary_.best = best_->best();
  end(RunStatus::done, summary_.stopped_early);
  events_.on_end(summary_);
  return summary_;
}

}  // namespace orrery
