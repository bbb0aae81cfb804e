// What a checkpoint of a run holds, and how a run takes it up again.
#include <algorithm>
#include <unordered_set>

#include <ATen/ATen.h>

#include "runtime/core/names.h"
#include "runtime/engine/training/generators.h"
#include "runtime/engine/training/governor_states.h"
#include "runtime/engine/training/training_run.h"

namespace orrery {
namespace {

std::string described(DType dtype, const Shape& shape) {
  return fmt::format("{} {}", name(dtype), str(shape));
}

// Weights of a run in another dtype would go on from other numbers than it had.
void require_precision(const Graph::Entry& entry, DType there) {
  const DType here = entry.parameter->dtype;
  const Shape& shape = entry.parameter->shape;
  if (there == here || !is_floating(there) || !is_floating(here)) return;
  throw Error(Fault::input_file,
              fmt::format("the checkpoint is of another precision: {} is {} in it, and {} here", entry.key,
                          described(there, shape), described(here, shape)),
              {},
              fmt::format("Resume with precision = \"{}\"; or begin a new run with its weights, which "
                          "orrery.load_weights converts.",
                          true_precision(there)));
}

// Each tensor once, under its first key.
std::vector<Graph::Entry> distinct(const Graph& graph) {
  std::vector<Graph::Entry> entries = graph.state_of_run();
  std::unordered_set<const Parameter*> seen;
  std::erase_if(entries,
                [&](const Graph::Entry& entry) { return !seen.insert(entry.parameter.get()).second; });
  return entries;
}

std::string trainable_key(const Graph::Entry& entry) { return "trainable." + entry.key; }

std::string optimizer_key(size_t place) { return fmt::format("optimizer.{}.", place); }

std::string schedule_key(size_t place) { return fmt::format("schedule.{}.", place); }

std::string group_key(size_t place, size_t group) {
  return optimizer_key(place) + fmt::format("group.{}.", group);
}

// An option as numbers: its own, or one an entry of a list.
std::vector<double> numbers_of(const AttributeValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return {*flag ? 1.0 : 0.0};
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return {static_cast<double>(*whole)};
  if (const auto* real = std::get_if<double>(&value)) return {*real};
  if (const auto* reals = std::get_if<std::vector<double>>(&value)) return *reals;
  return {};
}

AttributeValue with_numbers(const AttributeValue& like, const std::vector<double>& numbers) {
  if (std::holds_alternative<bool>(like)) return numbers.front() != 0;
  if (std::holds_alternative<std::vector<double>>(like)) return numbers;
  return numbers.front();
}

void put(Checkpoint& to, const std::string& begin, const std::vector<NamedNumber>& numbers) {
  for (const NamedNumber& number : numbers) to.numbers[begin + number.name] = number.value;
}

// In the order of what is followed.
std::vector<NamedNumber> taken(const Checkpoint& from, const std::string& begin, const RunTargets& targets) {
  std::vector<NamedNumber> numbers;
  for (const std::string& name : targets.number_names())
    if (from.numbers.contains(begin + name)) numbers.push_back({name, from.number(begin + name)});
  return numbers;
}

}  // namespace

Checkpoint TrainingRun::captured() const {
  const Engine::Turn turn(engine_);
  Checkpoint to;
  for (const Graph::Entry& entry : distinct(graph_))
    to.tensors.push_back({"model." + entry.key, engine_.tensor(entry.parameter)});
  capture_trainable(to);
  capture_optimizers(to);
  capture_progress(to);
  to.texts["callbacks"] = events_.state();
  step_.save(to);
  if (epoch_open_) numbers_.save(to);
  log_->save(to);
  if (averages_) averages_->save(to);
  if (early_stopping_) early_stopping_->save(to);
  if (statistics_) statistics_->save(to);
  capture_schedules(to);
  for (size_t i = 0; i < savers_.size(); ++i) savers_[i].save(fmt::format("saver.{}", i), to);
  const std::vector<NamedTensor> moving = before_validation_ ? *before_validation_ : moving_parts();
  to.tensors.insert(to.tensors.end(), moving.begin(), moving.end());
  return to;
}

// What evaluation changes.
std::vector<NamedTensor> TrainingRun::moving_parts() const {
  std::vector<NamedTensor> parts = generator_states(engine_);
  for (NamedTensor& state : step_.evaluation_states()) parts.push_back(std::move(state));
  return parts;
}

// Callbacks may have frozen or unfrozen it.
void TrainingRun::capture_trainable(Checkpoint& to) const {
  for (const Graph::Entry& entry : graph_.state())
    if (!entry.parameter->buffer) to.numbers[trainable_key(entry)] = entry.parameter->trainable;
}

void TrainingRun::capture_optimizers(Checkpoint& to) const {
  const auto& optimizers = manager_.parts().optimizers;
  for (size_t i = 0; i < optimizers.size(); ++i) {
    to.texts[optimizer_key(i) + "kind"] = optimizers[i]->kind();
    to.numbers[optimizer_key(i) + "frequency"] = static_cast<double>(manager_.turns().frequency(i));
    for (const Updater::State& state : step_.updaters()[i]->state())
      to.tensors.push_back({optimizer_key(i) + state.key, state.tensor});
    for (size_t g = 0; g < optimizers[i]->groups().size(); ++g) {
      for (const auto& option : optimizers[i]->groups()[g].options.entries()) {
        const std::vector<double> numbers = numbers_of(option.value);
        for (size_t n = 0; n < numbers.size(); ++n)
          to.numbers[group_key(i, g) + fmt::format("{}.{}", option.name, n)] = numbers[n];
      }
    }
  }
}

void TrainingRun::capture_schedules(Checkpoint& to) const {
  const auto& schedules = manager_.parts().schedules;
  for (size_t i = 0; i < schedules.size(); ++i) {
    to.texts[schedule_key(i) + "kind"] = schedules[i].schedule->kind();
    for (const Schedule::Number& number : schedules[i].schedule->state())
      to.numbers[schedule_key(i) + number.name] = number.value;
  }
}

void TrainingRun::capture_progress(Checkpoint& to) const {
  to.numbers["run.epochs_done"] = static_cast<double>(epochs_done_);
  to.numbers["run.epoch_open"] = epoch_open_;
  to.numbers["run.epoch_averaged"] = epoch_averaged_;
  to.numbers["run.validated_at"] = static_cast<double>(validated_at_);
  to.numbers["run.epoch_samples"] = static_cast<double>(epoch_samples_);
  to.numbers["run.epoch_seconds"] = epoch_open_ ? seconds_since(epoch_begun_) : 0;
  to.numbers["run.batch"] = static_cast<double>(loader_->position().batch);
  to.numbers["run.seconds"] = seconds_before_ + seconds_since(begun_);
  to.numbers["run.updates"] = static_cast<double>(updates_);
  to.numbers["run.steps"] = static_cast<double>(summary_.steps);
  to.numbers["run.threads"] = facts_.threads;
  to.numbers["run.side_by_side"] = facts_.side_by_side;
  to.numbers["run.saved"] = static_cast<double>(machine_clock());
  to.texts["run.seed"] = std::to_string(facts_.seed);
  to.texts["run.stopped_early"] = stopped_early_;
  put(to, "run.train.", summary_.train);
  put(to, "run.validation.", summary_.validation);
  if (const auto& best = best_->best()) {
    to.texts["best.name"] = best->number.name;
    to.numbers["best.value"] = best->number.value;
    to.numbers["best.epoch"] = static_cast<double>(best->epoch);
  }
}

void TrainingRun::check_model(const Checkpoint& from) const {
  std::unordered_set<std::string> used;
  std::vector<std::string> known;
  for (const NamedTensor& named : from.tensors)
    if (named.key.starts_with("model.")) known.push_back(named.key.substr(6));
  const auto refuse = [](const std::string& what) {
    throw Error(Fault::input_file, "the checkpoint is of another model: " + what, {},
                "To begin a new run with these weights, load them with orrery.load_weights.");
  };
  for (const Graph::Entry& entry : distinct(graph_)) {
    const std::string here = described(entry.parameter->dtype, entry.parameter->shape);
    const at::Tensor* there = from.find("model." + entry.key);
    if (!there)
      refuse(
          fmt::format("it has no {}, which is {} here{}", entry.key, here, did_you_mean(entry.key, known)));
    const TensorType type = type_of(*there);
    if (type.shape == entry.parameter->shape) require_precision(entry, type.dtype);
    if (type.dtype != entry.parameter->dtype || type.shape != entry.parameter->shape)
      refuse(fmt::format("{} is {} in it, and {} here", entry.key, described(type.dtype, type.shape), here));
    used.insert(entry.key);
  }
  for (const std::string& key : known) {
    if (used.contains(key)) continue;
    const TensorType type = type_of(from.tensor("model." + key));
    refuse(fmt::format("it has {}, {}, which is not here", key, described(type.dtype, type.shape)));
  }
}

void TrainingRun::check_optimizers(const Checkpoint& from) const {
  const auto& optimizers = manager_.parts().optimizers;
  for (size_t i = 0; i < optimizers.size(); ++i) {
    const auto kind = from.texts.find(optimizer_key(i) + "kind");
    check(kind != from.texts.end(), Fault::input_file,
          "the checkpoint has {} optimizer{}, the manager has {}", i, i == 1 ? "" : "s", optimizers.size());
    check(kind->second == optimizers[i]->kind(), Fault::input_file,
          "the checkpoint was trained with {}, the manager has {}", kind->second, optimizers[i]->kind());
    const auto kept = from.numbers.find(optimizer_key(i) + "frequency");
    const auto then = kept == from.numbers.end() ? 0 : static_cast<std::int64_t>(kept->second);
    const std::int64_t now = manager_.turns().frequency(i);
    check(then == now, Fault::input_file,
          "the checkpoint was trained with frequency {} of optimizer {}, the manager has {} (0: none)", then,
          i + 1, now);
  }
}

void TrainingRun::check_schedules(const Checkpoint& from) const {
  const auto& schedules = manager_.parts().schedules;
  for (size_t i = 0; i < schedules.size(); ++i) {
    const auto kind = from.texts.find(schedule_key(i) + "kind");
    check(kind != from.texts.end(), Fault::input_file, "the checkpoint has {} schedule{}, the manager has {}",
          i, i == 1 ? "" : "s", schedules.size());
    check(kind->second == schedules[i].schedule->kind(), Fault::input_file,
          "the checkpoint was trained with {}, the manager has {}", kind->second,
          schedules[i].schedule->kind());
  }
}

// What outlives the run changes last: a checkpoint that is refused leaves all of it as it was.
void TrainingRun::restore(const Checkpoint& from) {
  check_model(from);
  check_optimizers(from);
  check_schedules(from);
  const Engine::Turn turn(engine_);
  restore_own_parts(from);
  restore_governors(from);
  for (const Graph::Entry& entry : distinct(graph_))
    engine_.assign(entry.parameter, from.tensor("model." + entry.key));
  restore_trainable(from);
}

void TrainingRun::restore_own_parts(const Checkpoint& from) {
  restore_progress(from);
  step_.load(from);
  numbers_.load(from);
  log_->load(from);
  if (averages_) averages_->load(from);
  if (early_stopping_) early_stopping_->load(from);
  if (statistics_) statistics_->load(from);
  for (size_t i = 0; i < savers_.size(); ++i) savers_[i].load(fmt::format("saver.{}", i), from);
}

// Only taking them up tells whether the states of governors, generators and callbacks fit.
void TrainingRun::restore_governors(const Checkpoint& from) {
  const GovernorStates before(manager_, step_.updaters());
  const Checkpoint generators{.tensors = generator_states(engine_), .numbers = {}, .texts = {}};
  try {
    // Schedules of one optimizer may each have set its rates: the optimizer's own come last.
    restore_schedules(from);
    restore_optimizers(from);
    set_generator_states(engine_, from);
    events_.load_state(from.text("callbacks"));
  } catch (...) {
    before.put_back();
    set_generator_states(engine_, generators);
    throw;
  }
}

// An older checkpoint does not tell: all stays as the script made it.
void TrainingRun::restore_trainable(const Checkpoint& from) const {
  for (const Graph::Entry& entry : graph_.state()) {
    const auto then = from.numbers.find(trainable_key(entry));
    if (!entry.parameter->buffer && then != from.numbers.end())
      entry.parameter->trainable = then->second != 0;
  }
}

void TrainingRun::restore_optimizers(const Checkpoint& from) {
  const auto& optimizers = manager_.parts().optimizers;
  for (size_t i = 0; i < optimizers.size(); ++i) {
    for (size_t g = 0; g < optimizers[i]->groups().size(); ++g) {
      const auto options = optimizers[i]->groups()[g].options.entries();
      for (const auto& option : options) {
        std::vector<double> numbers;
        for (const double now : numbers_of(option.value)) {
          const auto then =
              from.numbers.find(group_key(i, g) + fmt::format("{}.{}", option.name, numbers.size()));
          numbers.push_back(then == from.numbers.end() ? now : then->second);
        }
        if (numbers != numbers_of(option.value))
          optimizers[i]->set_option(g, option.name, with_numbers(option.value, numbers));
      }
    }
    std::vector<Updater::State> states;
    for (const NamedTensor& named : from.tensors)
      if (named.key.starts_with(optimizer_key(i)))
        states.push_back({named.key.substr(optimizer_key(i).size()), named.tensor});
    step_.updaters()[i]->load_state(states);
  }
}

void TrainingRun::restore_schedules(const Checkpoint& from) {
  const auto& schedules = manager_.parts().schedules;
  for (size_t i = 0; i < schedules.size(); ++i) {
    std::vector<Schedule::Number> state;
    for (const auto& [key, value] : from.numbers)
      if (key.starts_with(schedule_key(i))) state.push_back({key.substr(schedule_key(i).size()), value});
    schedules[i].schedule->load_state(state);
  }
}

void TrainingRun::restore_progress(const Checkpoint& from) {
  const auto since = [](double seconds) {
    return Clock::now() - std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  epochs_done_ = from.count("run.epochs_done");
  epoch_open_ = from.number("run.epoch_open") != 0;
  epoch_averaged_ = from.number("run.epoch_averaged") != 0;
  // An older checkpoint is of a run that had no validation within an epoch.
  validated_at_ = from.numbers.contains("run.validated_at") ? from.count("run.validated_at") : 0;
  epoch_samples_ = from.count("run.epoch_samples");
  epoch_begun_ = since(from.number("run.epoch_seconds"));
  seconds_before_ = from.number("run.seconds");
  stopped_early_ = early_stopping_ ? from.text("run.stopped_early") : "";
  summary_.epochs = epochs_done_;
  summary_.steps = from.count("run.steps");
  updates_ = from.count("run.updates");
  step_.take_turn(updates_);
  summary_.train = taken(from, "run.train.", step_.targets());
  summary_.validation = taken(from, "run.validation.", step_.targets());
  const auto name = from.texts.find("best.name");
  if (name != from.texts.end() && name->second == best_->name())
    best_->go_on(TrainingSummary::Best{{name->second, from.number("best.value")}, from.count("best.epoch")});
  const std::int64_t batch = from.count("run.batch");
  if (!epoch_open_) {
    if (epochs_done_ > 0) loader_->seek({epochs_done_, std::min(batch, loader_->batches())});
    return;
  }
  check(batch <= loader_->batches(), Fault::input_file,
        "the checkpoint is at batch {} of its epoch, and the data make {} batches now", batch,
        loader_->batches());
  loader_->seek({epochs_done_ + 1, batch});
  watch_->begin(epochs_done_ + 1, batch);
}

}  // namespace orrery
