#include "runtime/engine/training/threads_of_run.h"

#include <cstdlib>
#include <filesystem>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/kernels/own_kernel.h"
#include "runtime/engine/training/step_explanation.h"
#include "runtime/history/database.h"
#include "tests/engine/training/experiment.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::bit_equal;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::Experiment;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Resumable;
using testing::whole;

// Two cores on which one thread, or two, take less time, whatever the real ones do.
struct ToldMachine {
  explicit ToldMachine(int fastest, int cores = 2) {
    machine = {.cores = cores, .seconds = [this, fastest](int threads, const std::function<void()>& step) {
                 EXPECT_EQ(at::get_num_threads(), threads);
                 step();
                 ++tried;
                 return threads == fastest ? 0.001 : 0.002;
               }};
  }

  TrialMachine machine;
  int tried = 0;
};

// An operation that a script, or a plug-in, could bring along.
Value through_own_operation(Experiment& in, Value value) {
  Descriptor same;
  same.name = "same";
  same.category = Category::own;
  same.doc = "What it is given.";
  same.inputs = {{.name = "input", .doc = "any"}};
  same.shape = [](ShapeContext& context) -> std::vector<TensorType> { return {context.input(0)}; };
  add_operation(in.runtime, same,
                [](const KernelContext& k) -> std::vector<at::Tensor> { return {k.input() * 1}; });
  const Descriptor& known = operations(in.runtime).get("same");
  return in.graph.apply(known, Attributes(known.attributes), {value})[0];
}

// 5 steps an epoch, of everything that a step changes: buffers, random numbers, shuffled data.
struct LongRun : Experiment {
  explicit LongRun(std::int64_t batch = 8, std::int64_t hidden_size = 8, bool own = false,
                   bool branched = false) {
    // The machine of the tests may have told LibTorch how many.
    unsetenv("OMP_NUM_THREADS");
    unsetenv("MKL_NUM_THREADS");
    auto [x, y] = separable(5 * batch);
    const auto fields = feed(data(x, y, {{"batch", batch}, {"shuffle", true}}));
    Value hidden =
        layer("BatchNorm1d", {{"num_features", hidden_size}}, {linear(2, hidden_size, fields[0], "first")});
    hidden = layer("Dropout", {{"p", 0.25}}, {relu(hidden)});
    if (own) hidden = through_own_operation(*this, hidden);
    if (branched) {
      const Value stem = relu(linear(hidden_size, 256, hidden));
      const auto branch = [&] { return relu(linear(256, hidden_size, relu(linear(256, 256, stem)))); };
      const Descriptor& add = operations().get("add");
      hidden = graph.apply(add, checked_attributes(add.attributes, {}), {branch(), branch()})[0];
    }
    optimize("Adam", cross_entropy(linear(hidden_size, 2, hidden, "second"), fields[1]), {{"lr", 0.05}});
    set("epochs", whole(20));
    ask_for_no_threads();
  }

  void ask_for_no_threads() {
    std::erase_if(manager_options, [](const auto& entry) { return entry.name == "threads"; });
  }

  struct Seen : TrainingEvents {
    explicit Seen(Runtime& of) : runtime(of) {}
    void on_start(const TrainingFacts& facts) override { started = facts; }
    void on_step(const StepReport&) override { threads.push_back(Engine::of(runtime).threads()); }

    Runtime& runtime;
    TrainingFacts started;
    std::vector<int> threads;  ///< of each step
  };

  Seen run_on(const ToldMachine& told, std::optional<Recording> recording = {}) {
    Seen seen(runtime);
    TrainingRun(runtime, graph, manager(), seen, std::move(recording), false, posix_files(), told.machine)
        .run();
    EXPECT_THAT(seen.threads, Each(seen.started.threads));
    return seen;
  }
};

// A reason and how many threads: `probed 2`.
std::string choice(const LongRun::Seen& seen) {
  return fmt::format("{} {}", seen.started.thread_reason, seen.started.threads);
}

std::string choice_with(const testing::Given& options, const ToldMachine& told) {
  LongRun run;
  for (const auto& [name, value] : options) run.set(name, value);
  return choice(run.run_on(told));
}

int default_threads() {
  Runtime runtime;
  return std::min(Engine::of(runtime).threads(), allowed_cores());
}

TEST(ThreadsOfRunTest, ARunTakesTheFastestFromItsFirstStepOn) {
  for (const int fastest : {1, 2}) {
    ToldMachine told(fastest);
    EXPECT_EQ(choice_with({}, told), fmt::format("probed {}", fastest));
    EXPECT_EQ(told.tried, 30);
  }
}

TEST(ThreadsOfRunTest, TryingLeavesNoTrace) {
  for (const char* engine : {"plan", "autograd"}) {
    LongRun asked, tried;
    for (LongRun* run : {&asked, &tried}) run->set("engine", std::string(engine));
    asked.set("threads", whole(1));
    asked.run();
    EXPECT_EQ(choice(tried.run_on(ToldMachine(1))), "probed 1");
    EXPECT_TRUE(bit_equal(asked.weights(), tried.weights())) << engine;
  }
}

TEST(ThreadsOfRunTest, WhatIsAskedForIsTaken) {
  ToldMachine told(1);
  EXPECT_EQ(choice_with({{"threads", whole(2)}}, told), "asked 2");
  LongRun script;
  Engine::of(script.runtime).set_threads(2);
  EXPECT_EQ(choice(script.run_on(told)), "asked 2");
  EXPECT_EQ(told.tried, 0);
}

TEST(ThreadsOfRunTest, DeterministicRunsTakeTheDefault) {
  ToldMachine told(1);
  const std::string expected = fmt::format("deterministic {}", default_threads());
  EXPECT_EQ(choice_with({{"deterministic", true}}, told), expected);
  EXPECT_EQ(choice_with({{"deterministic", std::string("warn")}}, told), expected);
  EXPECT_EQ(told.tried, 0);
}

TEST(ThreadsOfRunTest, RunsOfFewerThanAHundredStepsTryNone) {
  ToldMachine told(2);
  const std::string brief = fmt::format("brief {}", default_threads());
  EXPECT_EQ(choice_with({{"epochs", whole(19)}}, told), brief);
  EXPECT_EQ(choice_with({{"max_steps", whole(99)}}, told), brief);
  EXPECT_EQ(told.tried, 0);
  EXPECT_EQ(choice_with({{"max_steps", whole(100)}}, told), "probed 2");
}

TEST(ThreadsOfRunTest, OneCoreLeavesNoChoice) {
  ToldMachine told(1, 1);
  EXPECT_THAT(choice_with({}, told), HasSubstr("single "));
  EXPECT_EQ(told.tried, 0);
}

TEST(ThreadsOfRunTest, NoMoreThanLibTorchWasToldAreTried) {
  LongRun run;
  setenv("OMP_NUM_THREADS", "1", 1);
  Engine& engine = Engine::of(run.runtime);
  const ThreadedRun threaded{run.graph, run.manager(), at::kCPU, false, false, 100};
  const TrialMachine machine{.cores = engine.default_threads() + 1};
  EXPECT_EQ(most_threads(engine, machine), engine.default_threads());
  unsetenv("OMP_NUM_THREADS");
  EXPECT_EQ(most_threads(engine, machine), machine.cores);
  EXPECT_EQ(untried(engine, threaded, machine), std::nullopt);
}

TEST(ThreadsOfRunTest, LoopsByHandAndOtherDevicesTryNone) {
  LongRun run;
  const Engine& engine = Engine::of(run.runtime);
  const TrialMachine machine{.cores = 2};
  EXPECT_EQ(untried(engine, {run.graph, run.manager(), at::kCPU, true, false, 100}, machine),
            ThreadReason::by_hand);
  EXPECT_EQ(untried(engine, {run.graph, run.manager(), at::Device(at::kCUDA, 0), false, false, 100}, machine),
            ThreadReason::device);
}

TEST(ThreadsOfRunTest, FunctionsOfTheScriptAreNotCalledToTry) {
  LongRun run(8, 8, true);
  ToldMachine told(1);
  EXPECT_THAT(choice(run.run_on(told)), HasSubstr("script "));
  EXPECT_EQ(told.tried, 0);
}

TEST(ThreadsOfRunTest, AStepThatFailsIsToldByTheRun) {
  LongRun run;
  unboxed(run.train->tensors.at(1)).fill_(7);  // of two classes
  const int before = std::min(Engine::of(run.runtime).threads(), allowed_cores());
  LongRun::Seen seen(run.runtime);
  const ToldMachine told(1);
  TrainingRun training(run.runtime, run.graph, run.manager(), seen, {}, false, posix_files(), told.machine);
  EXPECT_EQ(choice(seen), fmt::format("failed {}", before));
  EXPECT_THROW(training.run(), Error);
}

TEST(ThreadsOfRunTest, TheNextRunChoosesAnew) {
  LongRun first;
  EXPECT_EQ(choice(first.run_on(ToldMachine(2))), "probed 2");
  EXPECT_EQ(Engine::of(first.runtime).threads(), 2);
  EXPECT_EQ(choice(first.run_on(ToldMachine(1))), "probed 1");
}

// A history, and what it keeps of choices.
struct WithHistory {
  std::string run(int fastest, testing::Given options = {}, std::int64_t batch = 8, std::int64_t hidden = 8,
                  int cores = 2) {
    LongRun run(batch, hidden);
    run.set("history", path);
    for (const auto& [name, value] : options) run.set(name, value);
    return choice(run.run_on(ToldMachine(fastest, cores), Recording()));
  }
  std::string text(const std::string& sql) const { return Database(path, Access::read).text(sql); }

  TemporaryFolder folder;
  std::string path = folder / "orrery.db";
};

TEST(ThreadsOfRunTest, ALaterRunTakesTheKeptNumber) {
  WithHistory history;
  EXPECT_EQ(history.run(2), "probed 2");
  EXPECT_EQ(history.run(1), "cached 2");
  EXPECT_EQ(history.text("SELECT group_concat(thread_reason || ' ' || thread_count) FROM runs"),
            "probed 2,cached 2");
  EXPECT_EQ(history.text("SELECT batch FROM thread_choices"),
            "x float32 (8, 2); y int64 (8); engine auto; precision 32-true; profile block; 6 trained");
  EXPECT_THAT(history.text("SELECT machine || ', ' || build FROM thread_choices"),
              ::testing::ContainsRegex(", 2 cores, Orrery [0-9.]+, LibTorch 2[0-9.]+, build [0-9a-f]+$"));
}

TEST(ThreadsOfRunTest, WhateverMakesAnotherStepIsTriedAnew) {
  WithHistory history;
  EXPECT_EQ(history.run(2), "probed 2");
  EXPECT_EQ(history.run(1, {}, 9), "probed 1");
  EXPECT_EQ(history.run(1, {}, 8, 9), "probed 1");
  EXPECT_EQ(history.run(1, {}, 8, 8, 3), "probed 1");
  EXPECT_EQ(history.run(1, {{"engine", std::string("autograd")}}), "probed 1");
  EXPECT_EQ(history.run(1, {{"precision", std::string("64-true")}}), "probed 1");
  EXPECT_EQ(history.run(1, {{"profile", std::string("off")}}), "probed 1");
  EXPECT_EQ(history.run(1, {{"detect_nan", true}}), "probed 1");
  Database(history.path, Access::write).execute("UPDATE thread_choices SET build = 'older'");
  EXPECT_EQ(history.run(1), "probed 1");
}

TEST(ThreadsOfRunTest, AFrozenLayerMakesAnotherStep) {
  WithHistory history;
  EXPECT_EQ(history.run(2), "probed 2");
  LongRun run;
  run.set("history", history.path);
  for (const Graph::Entry& entry : run.graph.state())
    if (entry.key.starts_with("first")) entry.parameter->trainable = false;
  EXPECT_EQ(choice(run.run_on(ToldMachine(1), Recording())), "probed 1");
}

TEST(ThreadsOfRunTest, WithoutAHistoryEachRunTriesAnew) {
  EXPECT_EQ(choice_with({{"history", false}}, ToldMachine(2)), "probed 2");
  EXPECT_EQ(choice_with({{"history", false}}, ToldMachine(1)), "probed 1");
}

TEST(ThreadsOfRunTest, OtherRunsNeitherTakeNorKeepAChoice) {
  WithHistory history;
  EXPECT_EQ(history.run(2, {{"threads", whole(1)}}), "asked 1");
  EXPECT_EQ(history.text("SELECT count(*) FROM thread_choices"), "0");
  EXPECT_EQ(history.run(2), "probed 2");
  EXPECT_EQ(history.run(1, {{"threads", whole(1)}}), "asked 1");
}

TEST(ThreadsOfRunTest, AnExplanationTellsWhatARunWouldTakeAndKeepsNothing) {
  WithHistory history;
  const auto explained = [&](const testing::Given& options) {
    LongRun run;
    run.set("history", history.path);
    for (const auto& [name, value] : options) run.set(name, value);
    return explain_step(run.runtime, run.graph, run.manager(), false);
  };
  EXPECT_EQ(explained({{"threads", whole(1)}}).thread_reason, "asked");
  EXPECT_EQ(explained({{"epochs", whole(1)}}).thread_reason, "brief");
  EXPECT_THAT(explained({}).thread_reason, ::testing::AnyOf("probed", "single"));
  EXPECT_FALSE(std::filesystem::exists(history.path));
  if (allowed_cores() == 1) GTEST_SKIP() << "one core leaves nothing to keep";
  EXPECT_EQ(history.run(1, {}, 8, 8, allowed_cores()), "probed 1");
  const StepExplanation found = explained({});
  EXPECT_EQ(found.thread_reason, "cached");
  EXPECT_EQ(found.threads, 1);
}

// Two branches that are small, and worth two threads.
struct BranchedRun : LongRun {
  BranchedRun() : LongRun(8, 8, false, true) {}
};

// Two cores on which one thread is fastest, but for branches side by side: those are tried last.
struct BranchMachine {
  explicit BranchMachine(bool pays, int steps_before = 30) {
    machine = {.cores = 2,
               .seconds = [this, pays, steps_before](int threads, const std::function<void()>& step) {
                 EXPECT_EQ(at::get_num_threads(), threads);
                 step();
                 const bool branches = ++tried > steps_before;
                 beside += branches && threads == 2;
                 return threads == 1 ? 0.001 : branches && pays ? 0.0005 : 0.002;
               }};
  }

  TrialMachine machine;
  int tried = 0, beside = 0;
};

std::string branch_choice(const LongRun::Seen& seen) {
  return fmt::format("{}{}", choice(seen), seen.started.side_by_side ? " side by side" : "");
}

template <class Run>
LongRun::Seen seen_on(Run& run, const TrialMachine& machine, std::optional<Recording> recording = {}) {
  LongRun::Seen seen(run.runtime);
  TrainingRun(run.runtime, run.graph, run.manager(), seen, std::move(recording), false, posix_files(),
              machine)
      .run();
  return seen;
}

TEST(ThreadsOfRunTest, BranchesRunSideBySideWhereThatIsFaster) {
  BranchedRun gains, loses;
  BranchMachine faster(true), slower(false);
  EXPECT_EQ(branch_choice(seen_on(gains, faster.machine)), "probed 2 side by side");
  EXPECT_EQ(branch_choice(seen_on(loses, slower.machine)), "probed 1");
  for (const BranchMachine& each : {faster, slower}) {
    EXPECT_EQ(each.tried, 60);
    EXPECT_EQ(each.beside, 15);
  }
  BranchedRun apart;
  apart.set("threads", whole(2));
  apart.set("skip_passes", std::string("branches_side_by_side"));
  apart.run();
  EXPECT_TRUE(bit_equal(gains.weights(), apart.weights()));
}

TEST(ThreadsOfRunTest, ANetWithoutBranchesTriesThreadsAlone) {
  LongRun run;
  BranchMachine told(true);
  EXPECT_EQ(branch_choice(seen_on(run, told.machine)), "probed 1");
  EXPECT_EQ(told.tried, 30);
}

TEST(ThreadsOfRunTest, BranchesAreTriedOnTheThreadsThatAreAskedFor) {
  const auto choice_of = [](std::int64_t threads, const testing::Given& options, BranchMachine& told) {
    BranchedRun run;
    run.set("threads", threads);
    for (const auto& [name, value] : options) run.set(name, value);
    return branch_choice(seen_on(run, told.machine));
  };
  // Both ways have two threads, of which the machine cannot tell which is which.
  BranchMachine two(true, 0), others(true, 0);
  EXPECT_EQ(choice_of(2, {}, two), "asked 2");
  EXPECT_EQ(two.tried, 30);
  EXPECT_EQ(choice_of(1, {}, others), "asked 1");
  EXPECT_EQ(choice_of(2, {{"deterministic", true}}, others), "asked 2");
  EXPECT_EQ(choice_of(2, {{"epochs", whole(1)}}, others), "asked 2");
  EXPECT_EQ(choice_of(2, {{"skip_passes", std::string("branches_side_by_side")}}, others), "asked 2");
  EXPECT_EQ(others.tried, 0);
}

TEST(ThreadsOfRunTest, TheChoiceOfBranchesIsKeptInTheHistory) {
  for (const bool pays : {true, false}) {
    const TemporaryFolder folder;
    const auto run_on = [&](const BranchMachine& told) {
      BranchedRun run;
      run.set("history", folder.path() + "/orrery.db");
      return branch_choice(seen_on(run, told.machine, Recording()));
    };
    BranchMachine first(pays), second(!pays);
    EXPECT_EQ(run_on(first), pays ? "probed 2 side by side" : "probed 1");
    EXPECT_EQ(run_on(second), pays ? "cached 2 side by side" : "cached 1");
    EXPECT_EQ(second.tried, 0);
  }
}

TEST(ThreadsOfRunTest, AResumedRunKeepsItsBranchesSideBySide) {
  const TemporaryFolder one, other;
  const auto run_in = [](const TemporaryFolder& folder, auto with) {
    BranchedRun run;
    run.ask("checkpoint", {{"dirpath", folder.path()}});
    with(run);
    return run.weights();
  };
  const auto never_stopped = run_in(one, [](BranchedRun& run) {
    const BranchMachine pays(true);
    seen_on(run, pays.machine);
  });
  run_in(other, [](BranchedRun& run) {
    testing::Watcher watcher(run.runtime, testing::Watcher::At::step, 33);
    const BranchMachine told(true);
    error_of(Fault::terminated, [&] {
      TrainingRun(run.runtime, run.graph, run.manager(), watcher, {}, false, posix_files(), told.machine)
          .run();
    });
  });
  const auto resumed = run_in(other, [](BranchedRun& run) {
    run.set("resume", std::string("last"));
    BranchMachine loses(false);
    EXPECT_EQ(branch_choice(seen_on(run, loses.machine)), "resumed 2 side by side");
    EXPECT_EQ(loses.tried, 0);
  });
  EXPECT_TRUE(bit_equal(resumed, never_stopped));
}

// A run of 100 steps that has everything a checkpoint must hold, and asks for no number of threads.
struct OpenResumable : Resumable {
  explicit OpenResumable(const std::string& folder) : Resumable(folder) {
    unsetenv("OMP_NUM_THREADS");
    unsetenv("MKL_NUM_THREADS");
    std::erase_if(manager_options, [](const auto& entry) { return entry.name == "threads"; });
    groups.erase("early_stopping");
    set("epochs", whole(20));
  }

  void run_on(const ToldMachine& told, TrainingEvents& events) {
    TrainingRun(runtime, graph, manager(), events, {}, false, posix_files(), told.machine).run();
  }
  std::string run_on(const ToldMachine& told) {
    LongRun::Seen seen(runtime);
    run_on(told, seen);
    return choice(seen);
  }
};

// Leaves a checkpoint of its 33rd step.
void stop_with_two_threads(const std::string& folder) {
  OpenResumable run(folder);
  testing::Watcher watcher(run.runtime, testing::Watcher::At::step, 33);
  error_of(Fault::terminated, [&] { run.run_on(ToldMachine(2), watcher); });
}

TEST(ThreadsOfRunTest, AResumedRunKeepsItsNumberAndItsBits) {
  const TemporaryFolder one, other;
  OpenResumable never_stopped(one.path());
  EXPECT_EQ(never_stopped.run_on(ToldMachine(2)), "probed 2");
  stop_with_two_threads(other.path());
  OpenResumable resumed(other.path());
  resumed.resume();
  ToldMachine one_is_faster(1);
  EXPECT_EQ(resumed.run_on(one_is_faster), "resumed 2");
  EXPECT_EQ(one_is_faster.tried, 0);
  EXPECT_THAT(resumed.warnings, IsEmpty());
  EXPECT_TRUE(bit_equal(resumed.weights(), never_stopped.weights()));
}

TEST(ThreadsOfRunTest, AResumedRunTakesNoMoreThanThereAreCores) {
  const TemporaryFolder folder;
  stop_with_two_threads(folder.path());
  OpenResumable resumed(folder.path());
  resumed.resume();
  EXPECT_EQ(resumed.run_on(ToldMachine(1, 1)), "resumed 1");
  EXPECT_THAT(
      resumed.warnings,
      ElementsAre(HasSubstr("is resumed with 1 thread instead of 2, for there are no more cores: sums "
                            "are rounded otherwise")));
}

TEST(ThreadsOfRunTest, AResumedRunMayAskForAnotherNumber) {
  const TemporaryFolder folder;
  stop_with_two_threads(folder.path());
  OpenResumable asked(folder.path());
  asked.resume();
  asked.set("threads", whole(3));
  EXPECT_EQ(asked.run_on(ToldMachine(1, 1)), "asked 3");
  EXPECT_THAT(asked.warnings,
              ElementsAre(HasSubstr("is resumed with 3 threads instead of 2: sums are rounded otherwise")));
}

}  // namespace
}  // namespace orrery
