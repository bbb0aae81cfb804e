// Checkpoints that are cut, newer, or of a run that is over; folders that vanish.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/training/executed.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Resumable;
using ::testing::SizeIs;
using testing::Watcher;
using testing::whole;

std::string bytes_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST(CheckpointFaultsTest, ACutFileIsRefusedAtAnyLength) {
  const TemporaryFolder folder;
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const std::string path = folder / "whole.safetensors", cut = folder / "cut.safetensors";
  write_checkpoint(engine, path,
                   {.tensors = {{"a", at::arange(6)}, {"b", at::ones({2, 2})}},
                    .numbers = {{"run.steps", 3}},
                    .texts = {{"run.seed", "1"}}});
  EXPECT_EQ(read_checkpoint(engine, path).number("run.steps"), 3);
  const std::string bytes = bytes_in(path);
  for (size_t length = 0; length < bytes.size(); ++length) {
    SCOPED_TRACE(length);
    put_bytes(cut, bytes.substr(0, length));
    EXPECT_THAT(error_of(Fault::input_file, [&] { read_checkpoint(engine, cut); }),
                HasSubstr("cut.safetensors"));
  }
}

TEST(CheckpointFaultsTest, AnyChangedByteOfItsTensorsIsNoticed) {
  const TemporaryFolder folder;
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const std::string path = folder / "c.safetensors";
  write_checkpoint(engine, path, {.tensors = {{"a", at::arange(4)}}});
  const std::string bytes = bytes_in(path);
  for (size_t at = bytes.size() - 32; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    put_bytes(path, changed);
    EXPECT_THAT(error_of(Fault::input_file, [&] { read_checkpoint(engine, path); }),
                HasSubstr("is damaged: its content is not what was written"));
  }
}

TEST(CheckpointFaultsTest, AFileOfANewerFormatNamesBothFormats) {
  const TemporaryFolder folder;
  Resumable run(folder.path());
  const std::string path = folder / "newer.safetensors";
  const std::string content =
      fmt::format(R"({{"version":{},"numbers":{{}},"texts":{{}}}})", kCheckpointVersion + 1);
  write_tensors(Engine::of(run.runtime), path, {{"a", at::ones({1})}}, {{"orrery.checkpoint", content}});
  run.resume(path);
  EXPECT_THAT(error_of(Fault::input_file, [&] { run.run(); }),
              AllOf(HasSubstr("was written by a newer Orrery"), HasSubstr("it has format 2"),
                    HasSubstr("reads up to 1")));
}

TEST(CheckpointFaultsTest, AnotherElementTypeIsAnotherModel) {
  const TemporaryFolder folder;
  testing::SmallRun first, second;
  first.optimize("SGD", first.loss, {});
  first.ask("checkpoint", {{"dirpath", folder.path()}});
  first.run();
  Checkpoint checkpoint = read_checkpoint(Engine::of(first.runtime), folder / "last.safetensors");
  for (NamedTensor& named : checkpoint.tensors)
    if (named.key == "model.first.bias") named.tensor = named.tensor.to(at::kDouble);
  write_checkpoint(Engine::of(first.runtime), folder / "wide.safetensors", checkpoint);
  second.optimize("SGD", second.loss, {});
  second.set("resume", folder / "wide.safetensors");
  EXPECT_THAT(error_of(Fault::input_file, [&] { second.run(); }),
              HasSubstr("first.bias is float64 (8) in it, and float32 (8) here"));
}

/// A run that goes on from a checkpoint, and all of it that outlives a refusal.
struct Refused {
  Resumable run;
  Engine& engine = Engine::of(run.runtime);
  std::map<std::string, at::Tensor> weights;
  at::Tensor generator;
  std::vector<Attributes> options;
  std::vector<std::vector<Schedule::Number>> schedules;

  Refused(const std::string& folder, const std::string& checkpoint) : run(folder) {
    run.resume(checkpoint);
    run.manager();
    weights = run.weights();
    generator = engine.generator_state();
    options = options_now();
    schedules = schedules_now();
  }

  std::vector<Attributes> options_now() const {
    std::vector<Attributes> all;
    for (const ParameterGroup& group : run.optimizers.front()->groups()) all.push_back(group.options);
    return all;
  }
  std::vector<std::vector<Schedule::Number>> schedules_now() const {
    std::vector<std::vector<Schedule::Number>> all;
    for (const ScheduleUse& use : run.schedules) all.push_back(use.schedule->state());
    return all;
  }

  std::string error() {
    return error_of(Fault::input_file, [&] { run.run(); });
  }
  void expect_all_as_it_was() {
    EXPECT_TRUE(testing::bit_equal(run.weights(), weights));
    EXPECT_TRUE(at::equal(engine.generator_state(), generator));
    EXPECT_EQ(options_now(), options);
    EXPECT_EQ(schedules_now(), schedules);
    EXPECT_TRUE(executed(engine, *run.optimizers.front())->state().empty());
  }
};

/// A checkpoint of a run that was stopped after its seventh step.
Checkpoint stopped_midway(const std::string& folder) {
  Resumable run(folder);
  Watcher watcher(run.runtime, Watcher::At::step, 7);
  error_of(Fault::terminated, [&] { run.run(watcher); });
  return read_checkpoint(Engine::of(run.runtime), folder + "/last.safetensors");
}

TEST(CheckpointFaultsTest, OneThatIsRefusedForAnyOfItsPartsLeavesAllAsItWas) {
  const TemporaryFolder folder;
  const Checkpoint sound = stopped_midway(folder / "run");
  const auto expect_refused = [&](const Checkpoint& unfit, const std::string& text) {
    SCOPED_TRACE(text);
    const std::string path = folder / "unfit.safetensors";
    Refused refused(folder / "again", path);
    write_checkpoint(refused.engine, path, unfit);
    EXPECT_THAT(refused.error(), HasSubstr(text));
    refused.expect_all_as_it_was();
  };
  const auto with_tensor = [&](const std::string& key, const at::Tensor& tensor) {
    Checkpoint unfit = sound;
    std::ranges::find(unfit.tensors, key, &NamedTensor::key)->tensor = tensor;
    return unfit;
  };
  const auto without_number = [&](const std::string& key) {
    Checkpoint unfit = sound;
    EXPECT_EQ(unfit.numbers.erase(key), 1u);
    return unfit;
  };
  // The last of its tensors: those before it have been taken up by then.
  expect_refused(with_tensor("optimizer.0.second.bias.exp_avg_sq", at::zeros({3})),
                 "the optimizer's state 'second.bias.exp_avg_sq' has 3 elements, expected 2");
  expect_refused(with_tensor("optimizer.0.second.bias.step", at::zeros({})),
                 "the optimizer's state of 'second.bias' has no count of updates");
  expect_refused(with_tensor("average.second.bias", at::zeros({3})),
                 "the average of second.bias is (3) in the checkpoint, and (2) here");
  expect_refused(without_number("schedule.1.last_epoch"), "the state of a schedule has no 'last_epoch'");
  expect_refused(without_number("run.updates"), "run.updates");
  Checkpoint silent = sound;
  silent.texts.erase("callbacks");
  expect_refused(silent, "callbacks");
}

/// Callbacks that do not take up what they are given.
struct Unwilling : TrainingEvents {
  void load_state(const std::string&) override { fail(Fault::input_file, "not mine"); }
};

TEST(CheckpointFaultsTest, OneThatCallbacksRefuseLeavesAllAsItWas) {
  const TemporaryFolder folder;
  stopped_midway(folder / "run");
  Refused refused(folder / "again", folder / "run/last.safetensors");
  Unwilling events;
  EXPECT_THAT(error_of(Fault::input_file, [&] { refused.run.run(events); }), HasSubstr("not mine"));
  refused.expect_all_as_it_was();
}

TEST(CheckpointFaultsTest, AfterOneThatWasRefusedAnotherIsTakenUp) {
  const TemporaryFolder folder;
  Checkpoint checkpoint = stopped_midway(folder / "run");
  Refused refused(folder / "again", folder / "one.safetensors");
  const std::string key = "optimizer.0.second.bias.exp_avg_sq";
  NamedTensor& last = *std::ranges::find(checkpoint.tensors, key, &NamedTensor::key);
  const at::Tensor sound = std::exchange(last.tensor, at::zeros({3}));
  write_checkpoint(refused.engine, folder / "one.safetensors", checkpoint);
  refused.error();
  last.tensor = sound;
  write_checkpoint(refused.engine, folder / "one.safetensors", checkpoint);
  refused.run.run();
  EXPECT_TRUE(testing::bit_equal(refused.run.weights(), testing::weights_of_a_whole_run()));
}

TEST(CheckpointFaultsTest, ARunThatIsOverHasNothingLeftToDo) {
  const TemporaryFolder folder;
  Resumable first(folder.path()), second(folder.path());
  first.run();
  second.resume();
  EXPECT_EQ(second.run().steps, Resumable::kSteps);
  EXPECT_TRUE(testing::bit_equal(first.weights(), second.weights()));
}

TEST(CheckpointFaultsTest, ResumedTwiceFromOneFileItEndsAlike) {
  const TemporaryFolder folder;
  Resumable first(folder / "run");
  Watcher watcher(first.runtime, Watcher::At::step, 7);
  error_of(Fault::terminated, [&] { first.run(watcher); });
  std::filesystem::copy_file(folder / "run/last.safetensors", folder / "kept.safetensors");
  std::vector<std::map<std::string, at::Tensor>> ends;
  for (const char* name : {"one", "two"}) {
    Resumable again(folder / name);
    again.resume(folder / "kept.safetensors");
    again.run();
    ends.push_back(again.weights());
  }
  EXPECT_TRUE(testing::bit_equal(ends[0], ends[1]));
}

/// Its checkpoints' folder vanishes after the third step.
struct Remover : TrainingEvents {
  explicit Remover(std::string path) : folder(std::move(path)) {}
  void on_step(const StepReport&) override {
    if (++steps == 3) std::filesystem::remove_all(folder);
  }
  std::string folder;
  int steps = 0;
};

TEST(CheckpointFaultsTest, AFolderThatVanishesCostsTheCheckpointsAndNotTheRun) {
  const TemporaryFolder folder;
  Resumable undisturbed(folder / "kept"), run(folder / "gone");
  undisturbed.run();
  Remover remover(folder / "gone");
  EXPECT_EQ(run.run(remover).steps, Resumable::kSteps);
  EXPECT_THAT(run.warnings, Not(SizeIs(0)));
  EXPECT_TRUE(testing::bit_equal(run.weights(), undisturbed.weights()));
}

/// Folders stand where checkpoints should be, from the second step on.
struct Blocker : TrainingEvents {
  explicit Blocker(std::string path) : folder(std::move(path)) {}
  void on_step(const StepReport&) override {
    if (++steps != 2) return;
    for (const char* name : {"/last.safetensors/inside", "/previous.safetensors/inside"})
      std::filesystem::create_directories(folder + name);
  }
  std::string folder;
  int steps = 0;
};

TEST(CheckpointFaultsTest, AFolderInThePlaceOfACheckpointCostsTheCheckpointAndNotTheRun) {
  const TemporaryFolder folder;
  Resumable undisturbed(folder / "kept"), run(folder / "blocked");
  undisturbed.run();
  Blocker blocker(folder / "blocked");
  EXPECT_EQ(run.run(blocker).steps, Resumable::kSteps);
  EXPECT_THAT(run.warnings, Not(SizeIs(0)));
  EXPECT_TRUE(std::filesystem::is_directory(folder / "blocked/last.safetensors/inside"));
  EXPECT_TRUE(testing::bit_equal(run.weights(), undisturbed.weights()));
}

}  // namespace
}  // namespace orrery
