#include "runtime/engine/training/step_explanation.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/device_graphs.h"
#include "runtime/engine/execution/executor.h"
#include "runtime/engine/profile/memory_watch.h"
#include "runtime/engine/training/capture_rules.h"
#include "runtime/engine/training/early_updates.h"
#include "runtime/engine/training/engine_of_run.h"
#include "runtime/engine/training/followed.h"
#include "runtime/engine/training/run_data.h"
#include "runtime/engine/training/step_start.h"
#include "runtime/engine/training/threads_of_run.h"
#include "runtime/engine/training/trained_input.h"

namespace orrery {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Executor::Mode kReported = {.training = true, .gradients = true};
constexpr Executor::Mode kEvaluated = {.training = false, .gradients = false};
constexpr int kWarmUps = 2, kLeastRepetitions = 3, kMostRepetitions = 51;
constexpr std::chrono::seconds kTimeToMeasure{3}, kTimeForPass{1};

struct Aim {
  std::vector<Objective> objectives;
  std::vector<size_t> places;  ///< of their losses among the targets
};

Aim aim_of(const Manager& manager, const RunTargets& targets) {
  Aim aim;
  const auto& optimizers = manager.parts().optimizers;
  for (size_t i = 0; i < optimizers.size(); ++i) {
    if (targets.losses[i] < 0) continue;
    aim.places.push_back(static_cast<size_t>(targets.losses[i]));
    aim.objectives.push_back({targets.values[aim.places.back()], optimizers[i]->parameters()});
  }
  if (aim.objectives.empty())
    throw Error(Fault::usage, "no optimizer of the manager has a loss, so there is no step to explain",
                manager.origin().site, "Give the optimizer its loss: optim.SGD(…, { loss = loss }).");
  return aim;
}

// Lets go of gradients as the run does. What a segment updates itself is put back when it goes: a rate of 0
// would leave the work out.
class TriedUpdates : public UpdateSink {
 public:
  TriedUpdates(Engine& engine, const Manager& manager) {
    for (const auto& optimizer : manager.parts().optimizers) {
      if (!optimizer->loss() || optimizer->kind() != "SGD") continue;
      for (const ParameterGroup& group : optimizer->groups())
        if (group.options.real("momentum") == 0) add(engine, Optimizer::parameters(group));
    }
  }
  TriedUpdates(const TriedUpdates&) = delete;
  TriedUpdates& operator=(const TriedUpdates&) = delete;
  ~TriedUpdates() override {
    const c10::NoGradGuard no_grad;
    for (const auto& [parameter, before] : folded_) before.now.copy_(before.copy);
  }

  bool takes(const Parameter& parameter) const override { return parameter.bytes() >= Updater::kAloneBytes; }
  void update(const Parameter&, const at::Tensor&) override {}
  bool folds(const Parameter& parameter) const override { return folded_.contains(&parameter); }
  cpu::SgdOptions folded_step(const Parameter&) const override { return {.lr = kTriedRate}; }

 private:
  struct Before {
    at::Tensor now, copy;
  };

  static constexpr double kTriedRate = 1e-12;

  void add(Engine& engine, const std::vector<ParameterPtr>& parameters) {
    for (const ParameterPtr& parameter : parameters) {
      const at::Tensor now = engine.tensor(parameter);
      if (now.is_cpu() && now.is_contiguous()) folded_[parameter.get()] = {now, now.detach().clone()};
    }
  }

  std::map<const Parameter*, Before> folded_;
};

// One way to compute the step.
class TriedStep {
 public:
  TriedStep(Engine& engine, const Graph& graph, const Manager& manager, const RunTargets& targets, Aim aim,
            GradientEngine gradients, const PassSet& passes)
      : executor_(engine, graph, targets.values), aim_(std::move(aim)) {
    executor_.set_device(device_from_name(manager.options().text("device")));
    executor_.set_precision(Precision(manager.options().text("precision")));
    executor_.set_passes(passes);
    if (manager.options().boolean("detect_nan")) executor_.set_watch(&finite_);
    executor_.set_objectives(aim_.objectives, gradients);
  }
  TriedStep(const TriedStep&) = delete;
  TriedStep& operator=(const TriedStep&) = delete;

  Executor& executor() { return executor_; }
  void set_updates(UpdateSink* updates) { executor_.set_updates(updates); }

  void run(const Batch& batch) { finish(executor_.forward(batch, kReported)); }

  PlanReport report(const Batch& batch) {
    std::vector<at::Tensor> values = executor_.forward(batch, kReported);
    PlanReport found = report_plan(executor_.plan(true), executor_.tape(), executor_.symbols());
    finish(std::move(values));
    return found;
  }

  std::vector<AliasSet> shared(const Batch& batch) {
    AliasSets sets(executor_.graph());
    executor_.set_sink(&sets);
    try {
      run(batch);
    } catch (...) {
      executor_.set_sink(nullptr);
      throw;
    }
    executor_.set_sink(nullptr);
    return sets.take();
  }

  /// REQUIRES: `steps` are those of its last report.
  std::vector<PassReport> passes(const PlanReport& steps) {
    const Plan& evaluated = executor_.plan(false, false);
    return report_passes(executor_.plan(true), steps, evaluated, executor_.symbols());
  }

  double seconds(const Batch& batch, bool evaluation = false) {
    const auto begun = Clock::now();
    evaluation ? evaluate(batch) : run(batch);
    return std::chrono::duration<double>(Clock::now() - begun).count();
  }

 private:
  void evaluate(const Batch& batch) {
    executor_.forward(batch, kEvaluated)[aim_.places.front()].item<double>();
  }

  // Reading the loss waits until a device is done.
  void finish(std::vector<at::Tensor> values) {
    std::vector<at::Tensor> losses;
    std::vector<Executor::Demand> demands;
    for (size_t i = 0; i < aim_.places.size(); ++i) {
      losses.push_back(values[aim_.places[i]]);
      demands.push_back({losses.back(), aim_.objectives[i].parameters});
    }
    values.clear();
    executor_.planned() ? executor_.backward(losses, 1) : executor_.backward(demands);
    losses.front().item<double>();
  }

  Executor executor_;
  Aim aim_;
  FiniteWatch finite_;
};

// Random numbers and buffers are what they were when it goes, also because of an error.
class AsBefore {
 public:
  AsBefore(Engine& engine, Executor& executor) : engine_(engine), start_(engine, executor) {
    start_.remember();
  }
  AsBefore(const AsBefore&) = delete;
  AsBefore& operator=(const AsBefore&) = delete;
  ~AsBefore() {
    try {
      start_.put_back();
    } catch (const std::exception& error) {
      engine_.runtime().log.warning(
          fmt::format("the tried steps could not put everything back as it was: {}", error.what()));
    }
  }

 private:
  Engine& engine_;
  StepStart start_;
};

// What the first steps allocate and keep counts, the plan's arena first of all, as it lies beside what the
// others need.
void measure_memory(TriedStep& step, const Batch& batch, StepCost& cost) {
  MemoryWatch watch;
  watch.begin();
  for (int i = 0; i < kWarmUps; ++i) step.run(batch);
  watch.take_allocations();
  watch.take_peak();
  step.run(batch);
  watch.end();
  cost.allocations = watch.take_allocations();
  cost.peak_bytes = watch.take_peak();
}

double median_of(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<long>(numbers.size() / 2);
  std::ranges::nth_element(numbers, middle);
  return *middle;
}

// In turns, so that what else the machine does slows all alike. Gives how often.
int measure_time(std::vector<std::pair<TriedStep*, StepCost*>> tried, const Batch& batch) {
  std::vector<std::vector<double>> seconds(tried.size());
  const auto begun = Clock::now();
  int done = 0;
  while (done < kMostRepetitions && (done < kLeastRepetitions || Clock::now() - begun < kTimeToMeasure)) {
    for (size_t i = 0; i < tried.size(); ++i) seconds[i].push_back(tried[i].first->seconds(batch));
    ++done;
  }
  for (size_t i = 0; i < tried.size(); ++i) tried[i].second->seconds = median_of(seconds[i]);
  return done;
}

std::string why_not_planned(const Manager& manager, const Executor& executor, bool by_hand) {
  if (by_hand) return "a loop by hand asks for gradients itself";
  if (manager.options().text("engine") == "autograd") return "autograd was asked for";
  return executor.unplanned();
}

std::optional<std::string> why_uncaptured(const Graph& graph, const Manager& manager,
                                          const at::Device& device, bool by_hand) {
  if (device.is_cpu()) return std::nullopt;
  if (by_hand) return "a loop by hand asks for gradients itself";
  const std::string why = why_not_captured(graph, manager, device, nullptr);
  return why.empty() ? find_graphs(device).why_not : why;
}

std::string why_waiting(const Manager& manager, const StepExplanation& found) {
  if (found.uncaptured && found.uncaptured->empty()) return "a captured step updates behind it";
  return found.planned ? why_updates_wait(manager) : "only the plan knows when a gradient is complete";
}

size_t trained_by(const Aim& aim) {
  size_t count = 0;
  for (const Objective& objective : aim.objectives)
    count += static_cast<size_t>(std::ranges::count(objective.parameters, true, &Parameter::trainable));
  return count;
}

bool is_marked(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(), [](const auto& node) { return recomputed_block(*node); });
}

struct FirstBatch {
  Minibatch batch;
  std::int64_t of = 0;  ///< so many in an epoch
  bool by_script = false;
};

FirstBatch first_batch(Engine& engine, const Manager& manager, TrainedInput& input) {
  const at::Device device = device_from_name(manager.options().text("device"));
  RunData data = RunData::of(manager, seed_of_run(engine, manager.options()), device);
  input.read(data.train);
  auto batch = data.train.next();
  invariant(batch.has_value(), "an epoch has no batch");
  input.put_into(*batch);
  return {std::move(*batch), data.train.batches(), data.train.calls_the_script()};
}

ThreadReason use_threads_of_run(Engine& engine, const ThreadedRun& run, TriedStep& step, const Batch& batch) {
  const TrialMachine machine;
  const ThreadKey key = thread_key(engine, run, batch, machine);
  const ThreadMemory memory = ThreadMemory::of(run.manager, false);
  const TriedWays ways{[&] { step.run(batch); },
                       [&](bool beside) { step.executor().set_side_by_side(beside); },
                       [&] { return step.executor().ran_side_by_side(); }};
  const auto reason = untried(engine, run, machine);
  if (!reason) return use_fastest_threads(engine, key, memory, machine, ways);
  if (*reason == ThreadReason::asked && tries_branches(engine, run, machine))
    use_branches_if_faster(engine, key, memory, machine, ways);
  return *reason;
}

// A manager that insists on the plan is refused it with the run's own words.
bool insists_on_plan(const Manager& manager, bool by_hand) {
  return manager.options().text("engine") == "plan" && !by_hand;
}

PassGain& gain_of(StepExplanation& found, PlanPass pass) {
  return *std::ranges::find(found.passes, pass, [](const PassGain& gain) { return gain.report.pass; });
}

// What branches there would be, where the run takes them one after the other.
void report_untaken_branches(StepExplanation& found, TriedStep& beside, const Batch& batch) {
  beside.executor().set_side_by_side(true);
  PassReport& report = gain_of(found, PlanPass::branches_side_by_side).report;
  const std::vector<PassReport> passes = beside.passes(beside.report(batch));
  report.nodes = std::ranges::find(passes, report.pass, &PassReport::pass)->nodes;
  report.untaken = !report.nodes.empty();
}

// In turns, the least of each.
void measure_pass(PassGain& gain, TriedStep& with, TriedStep& without, const Batch& batch) {
  const bool evaluation = gain.report.evaluation;
  for (int i = 0; i < kWarmUps; ++i)
    for (TriedStep* step : {&with, &without}) step->seconds(batch, evaluation);
  gain.seconds = gain.seconds_without = std::numeric_limits<double>::infinity();
  const auto begun = Clock::now();
  for (int done = 0;
       done < kMostRepetitions && (done < kLeastRepetitions || Clock::now() - begun < kTimeForPass); ++done) {
    gain.seconds = std::min(gain.seconds, with.seconds(batch, evaluation));
    gain.seconds_without = std::min(gain.seconds_without, without.seconds(batch, evaluation));
  }
}

void measure(StepExplanation& found, TriedStep& recorded, TriedStep* planned, TriedStep* keeping,
             const Batch& batch) {
  std::vector<std::pair<TriedStep*, StepCost*>> tried = {{&recorded, &found.autograd}};
  measure_memory(recorded, batch, found.autograd);
  if (planned) {
    tried.emplace_back(planned, &found.plan.emplace());
    measure_memory(*planned, batch, *found.plan);
  }
  TriedStep& chosen = found.planned ? *planned : recorded;
  found.steps = chosen.report(batch);
  found.shared = chosen.shared(batch);
  for (PassReport& report : chosen.passes(found.steps)) found.passes.push_back({std::move(report)});
  if (keeping) {
    tried.emplace_back(keeping, &found.keeping.emplace());
    measure_memory(*keeping, batch, *found.keeping);
  }
  found.repetitions = measure_time(std::move(tried), batch);
}

}  // namespace

StepExplanation explain_step(Runtime& runtime, const Graph& graph, const Manager& manager, bool by_hand,
                             bool measures) {
  Engine& engine = engine_of_run(runtime, graph, manager.options());
  const DeterministicTurns deterministic(engine, Determinism::asked(manager.options()));
  TrainedInput input(engine, graph);
  const RunTargets targets = run_targets(graph, manager, false);
  const Aim aim = aim_of(manager, targets);
  const Engine::Turn turn(engine);
  const auto [batch, batches, by_script] = first_batch(engine, manager, input);
  // Their memory is no step's.
  for (const Graph::Entry& entry : graph.state_of_run()) engine.tensor(entry.parameter);
  const bool insists = insists_on_plan(manager, by_hand);
  const PassSet passes = PassSet::of(manager.options());
  const auto tried = [&](GradientEngine gradients, const PassSet& with) {
    return std::make_unique<TriedStep>(engine, graph, manager, targets, aim, gradients, with);
  };
  const GradientEngine wanted = insists ? GradientEngine::plan : GradientEngine::automatic;
  const auto recorded = tried(GradientEngine::autograd, passes), planned = tried(wanted, passes);
  const AsBefore before(engine, recorded->executor());
  StepExplanation found{.why_not = why_not_planned(manager, planned->executor(), by_hand),
                        .unlowered = {},
                        .device = recorded->executor().device().str(),
                        .uncaptured = why_uncaptured(graph, manager, recorded->executor().device(), by_hand),
                        .samples = batch.size,
                        .updates_wait = {},
                        .parameters = trained_by(aim)};
  found.planned = found.why_not.empty();
  if (found.planned) found.unlowered = planned->executor().unlowered();
  found.updates_wait = why_waiting(manager, found);
  std::optional<TriedUpdates> updates;
  if (found.updates_wait.empty()) updates.emplace(engine, manager);
  const auto let_go = [&](TriedStep& step) {
    if (updates) step.set_updates(&*updates);
  };
  let_go(*planned);
  const ThreadedRun run{graph, manager, recorded->executor().device(), by_hand, false, batches, by_script};
  found.thread_reason =
      name(use_threads_of_run(engine, run, found.planned ? *planned : *recorded, batch.fields));
  found.threads = engine.threads();
  const bool can_plan = insists || planned->executor().unplanned().empty();
  const auto keeping = tried(found.planned ? GradientEngine::plan : GradientEngine::autograd, passes);
  keeping->executor().set_recomputes(false);
  let_go(*keeping);
  measure(found, *recorded, can_plan ? planned.get() : nullptr, is_marked(graph) ? keeping.get() : nullptr,
          batch.fields);
  const auto beside = tried(found.planned ? wanted : GradientEngine::autograd, passes);
  let_go(*beside);
  if (found.planned && gain_of(found, PlanPass::branches_side_by_side).report.nodes.empty())
    report_untaken_branches(found, *beside, batch.fields);
  TriedStep& taken = found.planned ? *planned : *recorded;
  for (PassGain& gain : found.passes) {
    if (!measures || gain.report.nodes.empty()) continue;
    if (gain.report.untaken) {
      measure_pass(gain, *beside, taken, batch.fields);
      continue;
    }
    const auto without =
        tried(found.planned ? wanted : GradientEngine::autograd, passes.without(gain.report.pass));
    let_go(*without);
    without->executor().set_side_by_side(taken.executor().ran_side_by_side());
    measure_pass(gain, taken, *without, batch.fields);
  }
  return found;
}

}  // namespace orrery
