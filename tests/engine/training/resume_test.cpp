// A run that was stopped and resumed against one that never stopped.
#include <algorithm>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::Contains;
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

/// With two validations within each epoch.
struct OftenValidated : Resumable {
  static constexpr int kValidations = 18;  ///< batches of validation

  explicit OftenValidated(const std::string& folder) : Resumable(folder) {
    set("val_check_interval", whole(2));
  }
};

template <class Run = Resumable>
Outcome never_stopped() {
  const TemporaryFolder folder;
  Run run(folder.path());
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

template <class Run = Resumable>
Outcome resumed(const std::string& folder, std::vector<NamedNumber> numbers = {}) {
  Run run(folder);
  run.resume();
  Watcher watcher(run.runtime);
  EXPECT_EQ(run.run(watcher).steps, Resumable::kSteps);
  EXPECT_THAT(run.warnings, IsEmpty());
  add(numbers, watcher.numbers);
  return outcome_of(run, folder, numbers);
}

template <class Run = Resumable>
Outcome stopped_and_resumed(Watcher::At where, int which) {
  const TemporaryFolder folder;
  Run first(folder.path());
  Watcher watcher(first.runtime, where, which);
  error_of(Fault::terminated, [&] { first.run(watcher); });
  return resumed<Run>(folder.path(), watcher.numbers);
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

TEST(ResumeTest, StoppedAnywhereWithValidationsWithinEpochsItEndsWithTheSameBits) {
  const Outcome wanted = never_stopped<OftenValidated>();
  EXPECT_FALSE(testing::bit_equal(wanted.weights, expected().weights));  // the noise of validations at ends
  EXPECT_GT(wanted.checkpoint.number("early_stopping.waited"), 4);
  for (const auto& [where, count] : {std::pair(Watcher::At::step, OftenValidated::kSteps),
                                     std::pair(Watcher::At::validation, OftenValidated::kValidations)}) {
    for (int which = 1; which <= count; ++which) {
      SCOPED_TRACE(fmt::format("{} {}", where == Watcher::At::step ? "step" : "validation", which));
      expect_same(stopped_and_resumed<OftenValidated>(where, which), wanted);
    }
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

TEST(ResumeTest, GivenMoreStepsAfterItsLimitItEndsWithTheSameBits) {
  for (int step = 1; step < Resumable::kSteps; ++step) {
    SCOPED_TRACE(step);
    const TemporaryFolder folder;
    Resumable first(folder.path());
    first.set("max_steps", whole(step));
    Watcher watcher(first.runtime);
    EXPECT_EQ(first.run(watcher).steps, step);
    expect_same(resumed(folder.path(), watcher.numbers));
  }
}

/// Keeps all of its checkpoints.
struct KeepingAll : Resumable {
  explicit KeepingAll(const std::string& folder) : Resumable(folder) {
    ask("checkpoint", {{"dirpath", folder}, {"save_top_k", std::int64_t{-1}}});
  }
};

std::vector<std::string> checkpoints_in(const std::string& folder) {
  std::vector<std::string> names = list_folder(folder);
  std::ranges::sort(names);
  return names;
}

TEST(ResumeTest, GivenMoreStepsItLeavesTheCheckpointsOfARunWithoutALimit) {
  const TemporaryFolder folder;
  KeepingAll(folder / "never").run();
  KeepingAll first(folder / "parts"), second(folder / "parts");
  first.set("max_steps", whole(7));
  first.run();
  EXPECT_THAT(checkpoints_in(folder / "parts"), Contains("epoch=2-step=7.safetensors"));
  second.resume();
  second.run();
  EXPECT_EQ(checkpoints_in(folder / "parts"), checkpoints_in(folder / "never"));
}

TEST(ResumeTest, FromTheEndOfAnEpochThatWasCutItGoesOnWithTheNextAndSaysSo) {
  const TemporaryFolder folder;
  KeepingAll first(folder.path()), second(folder.path());
  first.set("max_steps", whole(7));
  first.run();
  second.resume(folder / "epoch=2-step=7.safetensors");
  EXPECT_EQ(second.run().steps, Resumable::kSteps - 3);
  EXPECT_THAT(second.warnings, Contains(HasSubstr("behind an epoch that was ended early")));
}

/// Is stopped when the second epoch, which a limit cut, has just been ended.
struct StoppedBehindACut : Watcher {
  using Watcher::Watcher;
  void on_epoch_end(const EpochReport& report) override {
    Watcher::on_epoch_end(report);
    if (report.epoch == 2) throw Stopped(15);
  }
};

TEST(ResumeTest, StoppedBehindTheEndOfAnEpochThatWasCutItEndsWithTheSameBits) {
  const TemporaryFolder folder;
  Resumable first(folder.path());
  first.set("max_steps", whole(7));
  StoppedBehindACut watcher(first.runtime);
  error_of(Fault::terminated, [&] { first.run(watcher); });
  expect_same(resumed(folder.path(), watcher.numbers));
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

}  // namespace
}  // namespace orrery
