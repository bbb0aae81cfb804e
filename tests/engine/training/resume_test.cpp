// A run that was stopped and resumed against one that never stopped.
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <sys/wait.h>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Resumable;
using testing::same_bits;
using testing::Watcher;
using testing::whole;

/// What a run leaves: its newest checkpoint holds all that it is made of.
struct Outcome {
  Checkpoint checkpoint;
  std::map<std::string, at::Tensor> weights;
  std::vector<NamedNumber> numbers;
};

Outcome outcome_of(testing::Experiment& run, const std::string& folder, std::vector<NamedNumber> numbers) {
  Outcome outcome{read_checkpoint(Engine::of(run.runtime), folder + "/last.safetensors"), run.weights(),
                  std::move(numbers)};
  for (const char* clock : {"run.saved", "run.seconds", "run.epoch_seconds"})
    outcome.checkpoint.numbers.erase(clock);
  outcome.checkpoint.texts.erase("run.folder");
  return outcome;
}

Outcome never_stopped() {
  const TemporaryFolder folder;
  Resumable run(folder.path());
  Watcher watcher(run.runtime);
  EXPECT_EQ(run.run(watcher).steps, Resumable::kSteps);
  return outcome_of(run, folder.path(), watcher.numbers);
}

const Outcome& expected() {
  static const Outcome outcome = never_stopped();
  return outcome;
}

void expect_same(const Outcome& outcome, const Outcome& wanted = expected()) {
  EXPECT_TRUE(testing::bit_equal(outcome.weights, wanted.weights));
  EXPECT_EQ(outcome.checkpoint.texts, wanted.checkpoint.texts);
  for (const auto& [key, number] : wanted.checkpoint.numbers)
    EXPECT_TRUE(same_bits(outcome.checkpoint.number(key), number)) << key;
  ASSERT_EQ(outcome.checkpoint.tensors.size(), wanted.checkpoint.tensors.size());
  for (const NamedTensor& named : wanted.checkpoint.tensors)
    EXPECT_TRUE(at::equal(outcome.checkpoint.tensor(named.key), named.tensor)) << named.key;
  ASSERT_EQ(outcome.numbers.size(), wanted.numbers.size());
  for (size_t i = 0; i < outcome.numbers.size(); ++i) {
    EXPECT_EQ(outcome.numbers[i].name, wanted.numbers[i].name);
    EXPECT_TRUE(same_bits(outcome.numbers[i].value, wanted.numbers[i].value)) << outcome.numbers[i].name;
  }
}

// Epochs that were done again count once.
void add(std::vector<NamedNumber>& all, const std::vector<NamedNumber>& more) {
  for (const NamedNumber& number : more) {
    std::erase_if(all, [&](const auto& known) { return known.name == number.name; });
    all.push_back(number);
  }
}

Outcome resumed(const std::string& folder, std::vector<NamedNumber> numbers = {}) {
  Resumable run(folder);
  run.resume();
  Watcher watcher(run.runtime);
  EXPECT_EQ(run.run(watcher).steps, Resumable::kSteps);
  EXPECT_THAT(run.warnings, IsEmpty());
  add(numbers, watcher.numbers);
  return outcome_of(run, folder, numbers);
}

Outcome stopped_and_resumed(Watcher::At where, int which) {
  const TemporaryFolder folder;
  Resumable first(folder.path());
  Watcher watcher(first.runtime, where, which);
  error_of(Fault::terminated, [&] { first.run(watcher); });
  return resumed(folder.path(), watcher.numbers);
}

TEST(ResumeTest, TheRunHasAllThatACheckpointMustHold) {
  const auto& keys = expected().checkpoint.tensors;
  const auto has = [&](const std::string& begin) {
    return std::ranges::any_of(keys, [&](const auto& named) { return named.key.starts_with(begin); });
  };
  for (const char* begin : {"model.first.weight", "model.batch_norm1d.running_mean", "average.first.weight",
                            "optimizer.0.first.weight.exp_avg", "generator.cpu"})
    EXPECT_TRUE(has(begin)) << begin;
  EXPECT_GT(expected().checkpoint.number("average.averaged"), 5);
  EXPECT_GT(expected().checkpoint.number("early_stopping.waited"), 0);
}

TEST(ResumeTest, StoppedAtAnyStepItEndsWithTheSameBits) {
  for (int step = 1; step <= Resumable::kSteps; ++step) {
    SCOPED_TRACE(step);
    expect_same(stopped_and_resumed(Watcher::At::step, step));
  }
}

TEST(ResumeTest, StoppedWithinAnyValidationItEndsWithTheSameBits) {
  for (int batch = 1; batch <= Resumable::kValidations; ++batch) {
    SCOPED_TRACE(batch);
    expect_same(stopped_and_resumed(Watcher::At::validation, batch));
  }
}

TEST(ResumeTest, StoppedAfterAnyEpochItEndsWithTheSameBits) {
  for (int epoch = 1; epoch <= 3; ++epoch) {
    SCOPED_TRACE(epoch);
    expect_same(stopped_and_resumed(Watcher::At::epoch, epoch));
  }
}

TEST(ResumeTest, StoppedAgainAndAgainItEndsWithTheSameBits) {
  const TemporaryFolder folder;
  std::vector<NamedNumber> numbers;
  for (int stops = 0;; ++stops) {
    Resumable run(folder.path());
    if (stops > 0) run.resume();
    Watcher watcher(run.runtime, Watcher::At::step, 3);
    bool stopped = false;
    try {
      run.run(watcher);
    } catch (const Stopped&) {
      stopped = true;
    }
    add(numbers, watcher.numbers);
    if (stopped) continue;
    EXPECT_EQ(stops, 6);
    return expect_same(outcome_of(run, folder.path(), numbers));
  }
}

/// Two optimizers in turn, of which each update takes two batches, and a schedule of one of them.
struct InTurn : testing::SmallRun {
  static constexpr int kSteps = 15;

  explicit InTurn(const std::string& folder) : SmallRun(7, true) {
    const auto first = optimize("AdamW", loss, {{"lr", 0.01}}, "first");
    optimize("SGD", loss, {{"lr", 0.1}, {"momentum", 0.9}}, "second");
    frequencies = {2, 1};
    schedule("ExponentialLR", first, {{"gamma", 0.5}}, {{"interval", std::string("step")}});
    set("accumulate_grad_batches", whole(2));
    set("epochs", whole(3));
    ask("checkpoint", {{"dirpath", folder}});
  }
};

TEST(ResumeTest, OptimizersGoOnWithWhoseTurnItWas) {
  const TemporaryFolder folder;
  InTurn never(folder / "never");
  Watcher watcher(never.runtime);
  EXPECT_EQ(never.run(watcher).steps, InTurn::kSteps);
  const Outcome wanted = outcome_of(never, folder / "never", watcher.numbers);
  EXPECT_EQ(wanted.checkpoint.number("run.updates"), 9);
  for (int step = 1; step < InTurn::kSteps; ++step) {
    SCOPED_TRACE(step);
    const std::string path = folder / std::to_string(step);
    InTurn first(path), second(path);
    Watcher stopping(first.runtime, Watcher::At::step, step), going_on(second.runtime);
    error_of(Fault::terminated, [&] { first.run(stopping); });
    second.set("resume", std::string("last"));
    EXPECT_EQ(second.run(going_on).steps, InTurn::kSteps);
    add(stopping.numbers, going_on.numbers);
    expect_same(outcome_of(second, path, stopping.numbers), wanted);
  }
}

TEST(ResumeTest, OtherTurnsAreRefused) {
  const TemporaryFolder folder;
  InTurn(folder.path()).run();
  InTurn other(folder.path());
  other.frequencies = {2, 3};
  other.set("resume", std::string("last"));
  EXPECT_THAT(error_of(Fault::input_file, [&] { other.run(); }),
              HasSubstr("trained with frequency 1 of optimizer 2, the manager has 3"));
}

TEST(ResumeTest, ALoopByHandGoesOnWithTheNextBatch) {
  const TemporaryFolder folder;
  const auto go = [&](Resumable& run, int steps) {
    run.set("accumulate_grad_batches", whole(1));
    Watcher watcher(run.runtime, Watcher::At::step, steps);
    TrainingRun training(run.runtime, run.graph, run.manager(), watcher, {}, true);
    while (!training.over()) {
      const auto batch = training.next();
      if (!batch) continue;
      for (const NamedTensor& named : training.forward(*batch))
        if (named.key == "loss") training.step(0, named.tensor);
    }
    return training.finish().steps;
  };
  Resumable whole_run(folder / "whole"), first(folder / "parts"), second(folder / "parts");
  go(whole_run, 0);
  error_of(Fault::terminated, [&] { go(first, 7); });
  second.resume();
  EXPECT_EQ(go(second, 0), Resumable::kSteps);
  EXPECT_TRUE(testing::bit_equal(second.weights(), whole_run.weights()));
}

// Runs with a file system that kills the process at its nth operation; false when it lived to its end.
bool killed_at(int operation, const std::string& folder) {
  const pid_t child = fork();
  if (child == 0) {
    FaultyFiles files;
    files.kill_at = operation;
    Resumable run(folder);
    run.ask("checkpoint", {{"dirpath", folder}, {"every_n_steps", whole(8)}, {"save_top_k", whole(2)}});
    run.files = &files;
    try {
      run.run();
    } catch (const std::exception&) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status);
}

TEST(ResumeTest, KilledAtAnyFileOperationItGoesOnFromAWholeCheckpoint) {
  const int stride = getenv("ORRERY_TEST_FULL") ? 1 : 3;
  int killed = 0;
  for (int operation = 1;; operation += stride, ++killed) {
    SCOPED_TRACE(operation);
    const TemporaryFolder folder;
    if (!killed_at(operation, folder.path())) break;
    const bool any = exists(folder / "last.safetensors") || exists(folder / "previous.safetensors");
    Resumable run(folder.path());
    if (any) run.resume();
    EXPECT_EQ(run.run().steps, Resumable::kSteps);
    EXPECT_THAT(run.warnings, IsEmpty());
    EXPECT_TRUE(testing::bit_equal(run.weights(), expected().weights));
    if (HasFailure()) break;
  }
  EXPECT_GT(killed, 10);
}

TEST(ResumeTest, AFullDiskCostsCheckpointsButNeitherTheRunNorTheOlderOnes) {
  const TemporaryFolder folder;
  FaultyFiles counting;
  Resumable one(folder / "one");
  one.files = &counting;
  one.run();
  const int half = counting.operations() / 2;
  for (int operation = half; operation < half + half / 2; operation += 5) {
    SCOPED_TRACE(operation);
    const std::string path = folder / std::to_string(operation);
    FaultyFiles files;
    files.fail_at = operation;
    files.ever_after = true;
    files.reason = ENOSPC;
    Resumable run(path);
    run.files = &files;
    EXPECT_EQ(run.run().steps, Resumable::kSteps);
    ASSERT_EQ(run.warnings.size(), 1u);
    EXPECT_THAT(run.warnings[0], HasSubstr("; the run goes on"));
    EXPECT_TRUE(testing::bit_equal(run.weights(), expected().weights));
    Resumable again(path);
    again.resume();
    EXPECT_EQ(again.run().steps, Resumable::kSteps);
    EXPECT_TRUE(testing::bit_equal(again.weights(), expected().weights));
  }
}

void damage(const std::string& path) {
  std::string content = content_of(path);
  content[content.size() - 100] ^= 1;
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

TEST(ResumeTest, OfADamagedCheckpointThePreviousIsUsedAndThatIsSaidOnce) {
  const TemporaryFolder folder;
  Resumable first(folder.path());
  first.ask("checkpoint",
            {{"dirpath", folder.path()}, {"every_n_steps", whole(1)}, {"save_top_k", whole(0)}});
  Watcher watcher(first.runtime, Watcher::At::step, 13);
  error_of(Fault::terminated, [&] { first.run(watcher); });
  damage(folder / "last.safetensors");
  Resumable second(folder.path());
  second.resume();
  second.run();
  EXPECT_THAT(second.warnings,
              ElementsAre(HasSubstr("last.safetensors' is damaged: its content is not what was "
                                    "written; the run goes on from")));
  EXPECT_THAT(second.warnings[0], HasSubstr("previous.safetensors"));
  EXPECT_TRUE(testing::bit_equal(second.weights(), expected().weights));
}

TEST(ResumeTest, WhenAllAreDamagedItSaysSo) {
  const TemporaryFolder folder;
  Resumable(folder.path()).run();
  for (const std::string& name : list_folder(folder.path()))
    if (name.ends_with(".safetensors")) damage(folder / name);
  Resumable second(folder.path());
  second.resume();
  EXPECT_THAT(error_of(Fault::input_file, [&] { second.run(); }), HasSubstr("no checkpoint can be read: "));
}

TEST(ResumeTest, AMissingCheckpointIsAnError) {
  const TemporaryFolder folder;
  for (const char* what : {"last", "best"}) {
    Resumable run(folder / "empty");
    run.resume(what);
    EXPECT_THAT(error_of(Fault::input_file, [&] { run.run(); }),
                HasSubstr("resume: there is no checkpoint to resume from"));
  }
  Resumable run(folder / "empty");
  run.resume(folder / "nothing.safetensors");
  EXPECT_THAT(error_of(Fault::input_file, [&] { run.run(); }), HasSubstr("nothing.safetensors"));
}

TEST(ResumeTest, WeightsAloneAreNoCheckpoint) {
  const TemporaryFolder folder;
  Resumable run(folder.path());
  save_graph(Engine::of(run.runtime), run.graph, folder / "weights.safetensors");
  run.resume(folder / "weights.safetensors");
  EXPECT_THAT(error_of(Fault::input_file, [&] { run.run(); }),
              HasSubstr("holds tensors and is no checkpoint"));
}

TEST(ResumeTest, BestIsTheOneWithTheBestNumber) {
  const TemporaryFolder folder;
  Resumable first(folder.path());
  first.ask("checkpoint", {{"dirpath", folder.path()},
                           {"save_top_k", whole(2)},
                           {"filename", std::string("epoch={epoch}-val_loss={val_loss:.3f}")}});
  Watcher watcher(first.runtime);
  first.run(watcher);
  std::vector<std::string> names = list_folder(folder.path());
  EXPECT_EQ(names.size(), 5u) << "two of the best, last, previous and the lock";
  EXPECT_THAT(names[1], ::testing::MatchesRegex("epoch=[1-4]-val_loss=[0-9]\\.[0-9]{3}\\.safetensors"));
  double best = INFINITY;
  for (const NamedNumber& number : watcher.numbers)
    if (number.name.ends_with("val_loss")) best = std::min(best, number.value);
  Engine& engine = Engine::of(first.runtime);
  const auto found = find_checkpoint(engine, {.what = "best", .folders = {folder.path()}}, posix_files());
  EXPECT_EQ(found.checkpoint.number("monitor.value"), best);
}

TEST(ResumeTest, NaNIsNeverTheBest) {
  const TemporaryFolder folder;
  Runtime runtime;
  Engine& engine = Engine::of(runtime, false);
  const double values[] = {0.5, NAN, 0.25, NAN, 0.75};
  for (const char* mode : {"min", "max"}) {
    for (int i = 0; i < 5; ++i)
      write_checkpoint(engine, folder / std::to_string(i) + ".safetensors",
                       {.tensors = {},
                        .numbers = {{"monitor.value", values[i]}, {"run.steps", i}, {"run.saved", i}},
                        .texts = {{"monitor.name", "val_loss"}, {"monitor.mode", mode}}});
    const auto found = find_checkpoint(engine, {.what = "best", .folders = {folder.path()}}, posix_files());
    EXPECT_EQ(found.checkpoint.number("monitor.value"), mode == std::string("min") ? 0.25 : 0.75);
  }
}

TEST(ResumeTest, AnotherModelIsRefusedWithTheFirstKeyAndShapeThatDiffer) {
  const TemporaryFolder folder;
  Resumable(folder.path()).run();
  testing::SmallRun other;
  other.optimize("AdamW", other.loss, {});
  other.set("resume", folder.path());
  EXPECT_THAT(error_of(Fault::input_file, [&] { other.run(); }),
              HasSubstr("the checkpoint is of another model: it has batch_norm1d."));
  testing::Experiment wide;
  auto [x, y] = testing::Experiment::separable(8);
  const auto fields = wide.feed(testing::Experiment::data(x, y, {{"batch", whole(8)}}));
  const Value loss = wide.cross_entropy(wide.linear(2, 9, fields[0], "first"), fields[1]);
  wide.optimize("AdamW", loss, {});
  wide.set("resume", folder.path());
  const auto before = wide.weights();
  EXPECT_THAT(error_of(Fault::input_file, [&] { wide.run(); }),
              HasSubstr("first.weight is float32 (8, 2) in it, and float32 (9, 2) here"));
  EXPECT_TRUE(testing::bit_equal(before, wide.weights()));
}

TEST(ResumeTest, AnotherOptimizerIsRefused) {
  const TemporaryFolder folder;
  testing::SmallRun first, second;
  first.optimize("AdamW", first.loss, {});
  first.ask("checkpoint", {{"dirpath", folder.path()}});
  first.run();
  second.optimize("SGD", second.loss, {});
  second.set("resume", folder.path());
  EXPECT_THAT(error_of(Fault::input_file, [&] { second.run(); }),
              HasSubstr("the checkpoint was trained with AdamW, the manager has SGD"));
}

Recording recording(const std::string& script, const std::string& config) {
  Recording made;
  made.run.script_path = "train.lua";
  made.run.script_text = script;
  made.run.config_json = config;
  return made;
}

TEST(ResumeTest, AnotherScriptAndConfigAreSaid) {
  const TemporaryFolder folder;
  Resumable first(folder.path()), same(folder.path()), other(folder.path());
  TrainingEvents events;
  first.run(events, recording("one", R"({"lr":0.1})"));
  same.resume();
  same.run(events, recording("one", R"({"lr":0.1})"));
  EXPECT_THAT(same.warnings, IsEmpty());
  other.resume();
  other.run(events, recording("two", R"({"lr":0.2})"));
  EXPECT_THAT(other.warnings,
              ElementsAre(HasSubstr("the script is not what it was then"),
                          HasSubstr(R"(with another config: {"lr":0.1} then, {"lr":0.2} now)")));
}

TEST(ResumeTest, TwoRunsWithOneFolderDoNotMix) {
  const TemporaryFolder folder;
  Resumable first(folder / "runs"), second(folder / "runs"), third(folder / "runs");
  Watcher watcher(first.runtime);
  TrainingRun going_on(first.runtime, first.graph, first.manager(), watcher, {});
  second.run();
  EXPECT_THAT(second.warnings, ElementsAre(HasSubstr("runs-2': '")));
  EXPECT_FALSE(exists(folder / "runs/last.safetensors"));
  EXPECT_TRUE(exists(folder / "runs-2/last.safetensors"));
  going_on.run();
  EXPECT_TRUE(exists(folder / "runs/last.safetensors"));
  third.run();
  EXPECT_TRUE(exists(folder / "runs-3/last.safetensors"));
}

TEST(ResumeTest, AFolderThatARunIsWritingToIsNotTakenUp) {
  const TemporaryFolder folder;
  Resumable first(folder.path()), going_on(folder.path()), other(folder.path());
  first.run();
  going_on.resume();
  Watcher watcher(going_on.runtime);
  const TrainingRun holder(going_on.runtime, going_on.graph, going_on.manager(), watcher, {});
  other.resume();
  EXPECT_THAT(error_of(Fault::usage, [&] { other.run(); }),
              HasSubstr("a run is going on that writes its checkpoints to"));
}

TEST(ResumeTest, FromAnOlderCheckpointAnotherRunBegins) {
  const TemporaryFolder folder;
  Resumable first(folder / "run");
  first.ask("checkpoint", {{"dirpath", folder / "run"}, {"save_top_k", whole(-1)}});
  first.run();
  const std::string newest = content_of(folder / "run/last.safetensors");
  Resumable fork(folder / "run");
  fork.resume(folder / "run/epoch=2-step=10.safetensors");
  fork.run();
  EXPECT_EQ(content_of(folder / "run/last.safetensors"), newest);
  EXPECT_TRUE(testing::bit_equal(fork.weights(), expected().weights));
  EXPECT_TRUE(exists(folder / "run-2/last.safetensors"));
}

TEST(ResumeTest, AFilenameAsksForNumbersThatAreFollowed) {
  const TemporaryFolder folder;
  Resumable run(folder.path());
  run.ask("checkpoint", {{"dirpath", folder.path()}, {"filename", std::string("{val_los}")}});
  EXPECT_THAT(
      error_of(Fault::usage, [&] { run.run(); }),
      HasSubstr("checkpoint: filename asks for {val_los}, which nobody follows (did you mean 'val_loss'?)"));
}

}  // namespace
}  // namespace orrery
