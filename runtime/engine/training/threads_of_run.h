#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/execution/symbols.h"
#include "runtime/engine/thread_choice.h"
#include "runtime/governors/manager.h"
#include "runtime/graph/graph.h"
#include "runtime/history/thread_choices.h"

namespace orrery {

/// Why a run computes with so many threads.
enum class ThreadReason {
  asked,          ///< by the manager's option, or orrery.set_threads
  resumed,        ///< the checkpoint's
  deterministic,  ///< such a run takes no number that was measured
  by_hand,        ///< a loop by hand: what a step is, its script knows
  device,         ///< something else than the CPU computes
  single,         ///< there is one core
  script,         ///< what functions of the script do when they are called is not known
  brief,          ///< the run is too short to try any
  failed,         ///< the tried step failed, as the first of the run then does
  cached,         ///< an earlier run tried
  probed          ///< this one did
};
/// The word that the history keeps: `asked`, `by_hand`.
std::string_view name(ThreadReason reason);

/// What a choice depends on of the machine; tests give their own.
struct TrialMachine {
  int cores = allowed_cores();
  /// Does a step for which so many threads are set; gives the seconds that it took.
  std::function<double(int threads, const std::function<void()>& step)> seconds = measured_seconds;

  static double measured_seconds(int threads, const std::function<void()>& step);
};

/// A run that is to compute with some number of threads.
struct ThreadedRun {
  const Graph& graph;
  const Manager& manager;
  at::Device device;
  bool by_hand = false;
  bool resumed = false;
  std::int64_t steps_per_epoch = 0;
  bool script_reads = false;  ///< a function of the script makes the samples
};

/// Runs of fewer steps try no threads.
inline constexpr std::int64_t kStepsWorthAProbe = 100;

/// Why the run keeps to the number that `engine_of_run` set; nothing when numbers are to be tried.
std::optional<ThreadReason> untried(const Engine& engine, const ThreadedRun& run,
                                    const TrialMachine& machine);

/// What the choice depends on. `batch`: the first.
ThreadKey thread_key(const Engine& engine, const ThreadedRun& run, const Batch& batch,
                     const TrialMachine& machine);

/// The most threads that a run is to try: all cores, unless OMP_NUM_THREADS or MKL_NUM_THREADS told LibTorch.
int most_threads(const Engine& engine, const TrialMachine& machine);

/// Whether small branches are tried side by side where the number of threads is not to be tried, but asked
/// for: of the runs that would try one.
bool tries_branches(Engine& engine, const ThreadedRun& run, const TrialMachine& machine);

/// The history that keeps choices.
struct ThreadMemory {
  std::filesystem::path history;  ///< empty: there is none, so that every run tries anew
  bool writes = true;             ///< what is found is kept there

  /// The manager's own.
  static ThreadMemory of(const Manager& manager, bool writes);
};

/// A step that is tried, and whether its small branches run side by side in it (`Executor`).
struct TriedWays {
  std::function<void()> step;
  std::function<void(bool)> set_side_by_side = [](bool) {};  ///< of later steps
  std::function<bool()> ran_side_by_side = [] { return false; };
};

/// Uses the number of threads that is the fastest for the step, and gives where it comes from: the history,
/// or a probe. Where the step has small branches, they are tried side by side on the most threads, against
/// that number; what is faster holds.
ThreadReason use_fastest_threads(Engine& engine, const ThreadKey& key, const ThreadMemory& memory,
                                 const TrialMachine& machine, const TriedWays& tried);
/// The same of branches alone, on the threads that the engine has.
void use_branches_if_faster(Engine& engine, const ThreadKey& key, const ThreadMemory& memory,
                            const TrialMachine& machine, const TriedWays& tried);

}  // namespace orrery
