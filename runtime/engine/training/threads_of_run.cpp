#include "runtime/engine/training/threads_of_run.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/ranges.h>
#include <torch/headeronly/version.h>

#include "runtime/engine/build_id.h"
#include "runtime/engine/determinism.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/engine/thread_probe.h"
#include "runtime/graph/block.h"
#include "runtime/graph/plan_passes.h"
#include "runtime/graph/structural_hash.h"

namespace orrery {
namespace {

constexpr std::array<std::string_view, 11> kThreadReasons{"asked",  "resumed", "deterministic", "by_hand",
                                                          "device", "single",  "script",        "brief",
                                                          "failed", "cached",  "probed"};

bool calls_functions_of_the_script(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(),
                             [](const auto& node) { return node->descriptor() && node->descriptor()->own; });
}

bool is_brief(const ThreadedRun& run) {
  const Attributes& options = run.manager.options();
  // Of more epochs than that, each has a step.
  std::int64_t steps = std::min(options.integer("epochs"), kStepsWorthAProbe) * run.steps_per_epoch;
  if (options.has("max_steps")) steps = std::min(steps, options.integer("max_steps"));
  return steps < kStepsWorthAProbe;
}

std::int64_t trained_tensors(const Manager& manager) {
  std::int64_t count = 0;
  for (const auto& optimizer : manager.parts().optimizers)
    count += std::ranges::count_if(optimizer->parameters(),
                                   [](const ParameterPtr& parameter) { return parameter->trainable; });
  return count;
}

// What makes another step of the same graph.
std::string described_step(const ThreadedRun& run, const Batch& batch) {
  const Attributes& options = run.manager.options();
  std::vector<std::string> parts;
  for (const auto& [field, tensor] : batch) {
    const TensorType type = type_of(tensor);
    parts.push_back(fmt::format("{} {} {}", field, name(type.dtype), str(type.shape)));
  }
  parts.push_back(fmt::format("engine {}", options.text("engine")));
  parts.push_back(fmt::format("precision {}", options.text("precision")));
  parts.push_back(fmt::format("profile {}", options.text("profile")));
  if (options.boolean("detect_nan")) parts.push_back("detect_nan");
  const PassSet passes = PassSet::of(options);
  for (const PlanPassInfo& info : plan_passes())
    if (!passes.has(info.pass)) parts.push_back(fmt::format("without {}", info.name));
  const auto recomputed = std::ranges::count_if(
      run.graph.nodes(), [](const auto& node) { return recomputed_block(*node) != nullptr; });
  if (recomputed > 0) parts.push_back(fmt::format("{} nodes recomputed", recomputed));
  parts.push_back(fmt::format("{} trained", trained_tensors(run.manager)));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string described_machine(const Engine& engine, int cores) {
  const Processor& processor = engine.mkl().processor;
  return fmt::format("{}, {} cores", processor.name.empty() ? processor.vendor : processor.name, cores);
}

std::string described_build() {
  const std::string id = engine_build_id();
  return fmt::format("Orrery {}, LibTorch {}{}", ORRERY_VERSION, TORCH_VERSION,
                     id.empty() ? "" : ", build " + id);
}

// Of any run, whoever chose its threads.
std::optional<ThreadReason> why_no_trial(const Engine& engine, const ThreadedRun& run,
                                         const TrialMachine& machine) {
  if (Determinism::asked(run.manager.options())) return ThreadReason::deterministic;
  if (run.by_hand) return ThreadReason::by_hand;
  if (!run.device.is_cpu()) return ThreadReason::device;
  if (most_threads(engine, machine) == 1) return ThreadReason::single;
  if (run.script_reads || calls_functions_of_the_script(run.graph)) return ThreadReason::script;
  if (is_brief(run)) return ThreadReason::brief;
  return {};
}

// The choice is kept beside those of threads, as the number of threads that branches are shared among.
ThreadKey branches_key(ThreadKey key, int threads) {
  key.batch += fmt::format("; branches on {} threads", threads);
  return key;
}

std::optional<bool> kept_branches(const ThreadMemory& memory, const ThreadKey& key, int threads) {
  if (memory.history.empty()) return {};
  const auto kept = kept_threads(memory.history, branches_key(key, threads));
  return kept ? std::optional(*kept > 1) : std::nullopt;
}

void keep_branches(const ThreadMemory& memory, const ThreadKey& key, int threads, bool beside) {
  if (!memory.history.empty())
    keep_threads(memory.history, branches_key(key, threads), beside ? threads : 1, machine_clock());
}

// What takes that long has little that is small: looking for branches is another step, for nothing.
constexpr double kSecondsOfLargeStep = 0.25;

struct ThreadsOfWays {
  int alone, beside;
};

// Whether branches side by side are faster; nothing where the step has none.
std::optional<bool> try_branches(Engine& engine, const TrialMachine& machine, const TriedWays& tried,
                                 ThreadsOfWays threads) {
  if (threads.beside < 2) return {};
  const auto set = [&](bool beside) {
    engine.use_threads(beside ? threads.beside : threads.alone);
    tried.set_side_by_side(beside);
    return engine.threads();
  };
  set(true);
  tried.step();
  if (!tried.ran_side_by_side()) return {};
  return other_way_is_faster([&](bool beside) { return machine.seconds(set(beside), tried.step); });
}

}  // namespace

std::string_view name(ThreadReason reason) { return kThreadReasons[static_cast<size_t>(reason)]; }

double TrialMachine::measured_seconds(int, const std::function<void()>& step) {
  const auto begun = std::chrono::steady_clock::now();
  step();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

std::optional<ThreadReason> untried(const Engine& engine, const ThreadedRun& run,
                                    const TrialMachine& machine) {
  const Attributes& options = run.manager.options();
  if (options.has("threads")) return ThreadReason::asked;
  if (run.resumed) return ThreadReason::resumed;
  if (engine.threads_are_set()) return ThreadReason::asked;
  return why_no_trial(engine, run, machine);
}

ThreadKey thread_key(const Engine& engine, const ThreadedRun& run, const Batch& batch,
                     const TrialMachine& machine) {
  return {structural_hash(run.graph), described_step(run, batch),
          described_machine(engine, most_threads(engine, machine)), described_build()};
}

int most_threads(const Engine& engine, const TrialMachine& machine) {
  const bool told = std::getenv("OMP_NUM_THREADS") || std::getenv("MKL_NUM_THREADS");
  return told ? std::min(machine.cores, engine.default_threads()) : machine.cores;
}

bool tries_branches(Engine& engine, const ThreadedRun& run, const TrialMachine& machine) {
  const int threads = engine.threads();
  return !run.resumed && threads > 1 && threads <= most_threads(engine, machine) &&
         !why_no_trial(engine, run, machine);
}

ThreadReason use_fastest_threads(Engine& engine, const ThreadKey& key, const ThreadMemory& memory,
                                 const TrialMachine& machine, const TriedWays& tried) {
  if (const auto kept = memory.history.empty() ? std::nullopt : kept_threads(memory.history, key)) {
    engine.use_threads(std::min(*kept, machine.cores));
    tried.set_side_by_side(kept_branches(memory, key, engine.threads()).value_or(false));
    return ThreadReason::cached;
  }
  const Engine::Turn turn(engine);
  const int most = most_threads(engine, machine);
  const std::vector<int> candidates = thread_candidates(most);
  double longest = 0;
  int fastest = fastest_threads(candidates, [&](int threads) {
    engine.use_threads(threads);
    const double seconds = machine.seconds(threads, tried.step);
    longest = std::max(longest, seconds);
    return seconds;
  });
  const bool may_be_small = longest < kSecondsOfLargeStep;
  const auto beside =
      may_be_small ? try_branches(engine, machine, tried, {.alone = fastest, .beside = most}) : std::nullopt;
  if (beside.value_or(false)) fastest = most;
  engine.use_threads(fastest);
  tried.set_side_by_side(beside.value_or(false));
  if (memory.history.empty() || !memory.writes) return ThreadReason::probed;
  keep_threads(memory.history, key, fastest, machine_clock());
  if (beside) keep_branches(memory, key, fastest, *beside);
  return ThreadReason::probed;
}

void use_branches_if_faster(Engine& engine, const ThreadKey& key, const ThreadMemory& memory,
                            const TrialMachine& machine, const TriedWays& tried) {
  const Engine::Turn turn(engine);
  const int threads = engine.threads();
  auto beside = kept_branches(memory, key, threads);
  if (!beside) {
    beside = try_branches(engine, machine, tried, {.alone = threads, .beside = threads});
    if (beside && memory.writes) keep_branches(memory, key, threads, *beside);
  }
  tried.set_side_by_side(beside.value_or(false));
}

ThreadMemory ThreadMemory::of(const Manager& manager, bool writes) {
  const Attributes& options = manager.options();
  return {options.is_text("history") ? options.text("history") : "", writes};
}

}  // namespace orrery
