// Which checkpoint a run goes on from, and which it refuses.
#include <cmath>
#include <filesystem>
#include <fstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "runtime/history/records.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Resumable;
using testing::Watcher;
using testing::weights_of_a_whole_run;
using testing::whole;

void damage(const std::string& path) {
  std::string content = content_of(path);
  content[content.size() - 100] ^= 1;
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

TEST(CheckpointChoiceTest, OfADamagedCheckpointThePreviousIsUsedAndThatIsSaidOnce) {
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
  EXPECT_TRUE(testing::bit_equal(second.weights(), weights_of_a_whole_run()));
}

TEST(CheckpointChoiceTest, WhenAllAreDamagedItSaysSo) {
  const TemporaryFolder folder;
  Resumable(folder.path()).run();
  for (const std::string& name : list_folder(folder.path()))
    if (name.ends_with(".safetensors")) damage(folder / name);
  Resumable second(folder.path());
  second.resume();
  EXPECT_THAT(error_of(Fault::input_file, [&] { second.run(); }), HasSubstr("no checkpoint can be read: "));
}

// A run that is stopped after so many steps and leaves its checkpoints there.
void leave_checkpoints(const std::string& folder, int steps) {
  Resumable run(folder);
  Watcher watcher(run.runtime, Watcher::At::step, steps);
  error_of(Fault::terminated, [&] { run.run(watcher); });
}

void copy_over(const std::string& from, const std::string& to) {
  std::filesystem::create_directories(parent_folder(to));
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

TEST(CheckpointChoiceTest, AnotherRunsCheckpointInThePlaceOfTheLastIsPassedOver) {
  const TemporaryFolder folder;
  testing::SmallRun of_another_model;
  of_another_model.optimize("SGD", of_another_model.loss, {});
  of_another_model.ask("checkpoint", {{"dirpath", folder / "model"}});
  of_another_model.run();
  leave_checkpoints(folder / "run", 18);
  for (const char* other : {"run", "model"}) {
    SCOPED_TRACE(other);
    const std::string own = folder / std::string("own-of-") + other;
    leave_checkpoints(own, 13);
    copy_over(folder / other + "/last.safetensors", own + "/last.safetensors");
    Resumable run(own);
    run.resume();
    EXPECT_EQ(run.run().steps, Resumable::kSteps);
    EXPECT_THAT(run.warnings,
                ElementsAre(HasSubstr(fmt::format(
                    "last.safetensors' is a checkpoint of the run in '{}'; the run goes on from '{}/",
                    folder / other, own))));
    EXPECT_TRUE(testing::bit_equal(run.weights(), weights_of_a_whole_run()));
  }
}

TEST(CheckpointChoiceTest, WithACopyOfAnotherRunsCheckpointAnotherRunBegins) {
  const TemporaryFolder folder;
  leave_checkpoints(folder / "run", 13);
  copy_over(folder / "run/last.safetensors", folder / "copy/last.safetensors");
  const std::string before = content_of(folder / "copy/last.safetensors");
  Resumable run(folder / "copy");
  run.resume();
  EXPECT_EQ(run.run().steps, Resumable::kSteps);
  EXPECT_THAT(run.warnings, ElementsAre(HasSubstr("; another run begins with it"), HasSubstr("copy-2': '")));
  EXPECT_EQ(content_of(folder / "copy/last.safetensors"), before);
  EXPECT_TRUE(testing::bit_equal(run.weights(), weights_of_a_whole_run()));
}

TEST(CheckpointChoiceTest, AFolderThatWasMovedHasItsOwnCheckpoints) {
  const TemporaryFolder folder;
  leave_checkpoints(folder / "run", 13);
  std::filesystem::rename(folder / "run", folder / "moved");
  Resumable run(folder / "moved");
  run.resume(folder / "moved");
  EXPECT_EQ(run.run().steps, Resumable::kSteps);
  EXPECT_THAT(run.warnings, ElementsAre(HasSubstr("checkpoints go to")));
}

// As if the clock had stood there when it was written.
void put_time(const std::string& path, double milliseconds) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  Checkpoint checkpoint = read_checkpoint(engine, path);
  checkpoint.numbers["run.saved"] = milliseconds;
  write_checkpoint(engine, path, checkpoint);
}

TEST(CheckpointChoiceTest, OfOneRunTheLastIsTheNewestWhateverTheClockWas) {
  const TemporaryFolder folder;
  leave_checkpoints(folder / "run", 13);
  put_time(folder / "run/last.safetensors", 0);
  Resumable run(folder / "run");
  run.resume();
  const CheckpointSearch search{.what = "last", .folders = {folder / "run"}, .script = {}, .warn = {}};
  const auto found = find_checkpoint(Engine::of(run.runtime), search, posix_files());
  EXPECT_EQ(found.path, folder / "run/last.safetensors");
  EXPECT_TRUE(found.newest);
  EXPECT_EQ(run.run().steps, Resumable::kSteps);
  EXPECT_TRUE(testing::bit_equal(run.weights(), weights_of_a_whole_run()));
}

TEST(CheckpointChoiceTest, ARunFromATimeThatIsYetToComeIsSaid) {
  const TemporaryFolder folder;
  leave_checkpoints(folder / "run", 7);
  leave_checkpoints(folder / "run", 13);
  const auto hour_ahead = static_cast<double>(machine_clock() + 3'600'000);
  put_time(folder / "run/last.safetensors", hour_ahead);
  std::vector<std::string> warnings;
  const CheckpointSearch search{.what = "last",
                                .folders = {folder / "run", folder / "run-2"},
                                .script = {},
                                .warn = [&](const std::string& text) { warnings.push_back(text); }};
  Runtime runtime;
  const auto found = find_checkpoint(Engine::of(runtime), search, posix_files());
  EXPECT_EQ(found.path, folder / "run/last.safetensors");
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("from a time that is yet to come: the clock was put back")));
}

TEST(CheckpointChoiceTest, ADeviceThatIsGoneCostsNothingButTheAttempt) {
  const TemporaryFolder folder;
  leave_checkpoints(folder / "run", 13);
  const std::string path = folder / "run/last.safetensors", before = content_of(path);
  Resumable gone(folder / "run");
  gone.resume();
  gone.set("device", std::string("cuda:99"));
  EXPECT_THAT(error_of(Fault::usage, [&] { gone.run(); }), HasSubstr("device 'cuda:99' is not available: "));
  EXPECT_EQ(content_of(path), before);
  Resumable run(folder / "run");
  run.resume();
  EXPECT_EQ(run.run().steps, Resumable::kSteps);
  EXPECT_TRUE(testing::bit_equal(run.weights(), weights_of_a_whole_run()));
}

TEST(CheckpointChoiceTest, GeneratorsOfDevicesThatAreGoneAreNotMissed) {
  const TemporaryFolder folder;
  leave_checkpoints(folder / "run", 13);
  const std::string path = folder / "run/last.safetensors";
  Resumable run(folder / "run");
  Checkpoint checkpoint = read_checkpoint(Engine::of(run.runtime), path);
  checkpoint.tensors.push_back({"generator.cuda.99", at::zeros({16}, at::kByte)});
  write_checkpoint(Engine::of(run.runtime), path, checkpoint);
  run.resume();
  EXPECT_EQ(run.run().steps, Resumable::kSteps);
  EXPECT_TRUE(testing::bit_equal(run.weights(), weights_of_a_whole_run()));
}

TEST(CheckpointChoiceTest, AMissingCheckpointIsAnError) {
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

TEST(CheckpointChoiceTest, WeightsAloneAreNoCheckpoint) {
  const TemporaryFolder folder;
  Resumable run(folder.path());
  save_graph(Engine::of(run.runtime), run.graph, folder / "weights.safetensors");
  run.resume(folder / "weights.safetensors");
  EXPECT_THAT(error_of(Fault::input_file, [&] { run.run(); }),
              HasSubstr("holds tensors and is no checkpoint"));
}

TEST(CheckpointChoiceTest, BestIsTheOneWithTheBestNumber) {
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

TEST(CheckpointChoiceTest, AnotherModelIsRefusedWithTheFirstKeyAndShapeThatDiffer) {
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

TEST(CheckpointChoiceTest, MissingAndRenamedKeysAreNamed) {
  const TemporaryFolder folder;
  Resumable first(folder.path());
  first.run();
  Engine& engine = Engine::of(first.runtime);
  const std::string path = folder / "changed.safetensors";
  const Checkpoint whole_one = read_checkpoint(engine, folder / "last.safetensors");
  const auto refusal = [&](const Checkpoint& changed) {
    write_checkpoint(engine, path, changed);
    Resumable run(folder.path());
    run.resume(path);
    return error_of(Fault::input_file, [&] { run.run(); });
  };
  Checkpoint renamed = whole_one, missing = whole_one;
  for (NamedTensor& named : renamed.tensors)
    if (named.key == "model.first.weight") named.key = "model.fist.weight";
  EXPECT_THAT(
      refusal(renamed),
      HasSubstr("it has no first.weight, which is float32 (8, 2) here (did you mean 'fist.weight'?)"));
  std::erase_if(missing.tensors, [](const auto& named) { return named.key == "model.second.bias"; });
  EXPECT_THAT(refusal(missing), HasSubstr("it has no second.bias, which is float32 (2) here"));
}

TEST(CheckpointChoiceTest, AnotherOptimizerIsRefused) {
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

TEST(CheckpointChoiceTest, AnotherScriptAndConfigAreSaid) {
  const TemporaryFolder folder;
  Resumable first(folder.path()), same(folder.path()), other(folder.path());
  TrainingEvents events;
  first.run(events, recording("one", R"({"lr":0.1})"));
  same.resume();
  same.run(events, recording("one", R"({"lr":0.1})"));
  EXPECT_THAT(same.warnings, IsEmpty());
  other.resume();
  other.run(events, recording("two", R"({"lr":0.2})"));
  EXPECT_THAT(other.warnings, ElementsAre(HasSubstr("the script is not what it was then"),
                                          HasSubstr("with another config: lr = 0.1 then, 0.2 now")));
}

TEST(CheckpointChoiceTest, TwoRunsWithOneFolderDoNotMix) {
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

TEST(CheckpointChoiceTest, AFolderThatARunIsWritingToIsNotTakenUp) {
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

TEST(CheckpointChoiceTest, NaNIsNeverTheBest) {
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

TEST(CheckpointChoiceTest, FromAnOlderCheckpointAnotherRunBegins) {
  const TemporaryFolder folder;
  Resumable first(folder / "run");
  first.ask("checkpoint", {{"dirpath", folder / "run"}, {"save_top_k", whole(-1)}});
  first.run();
  const std::string newest = content_of(folder / "run/last.safetensors");
  Resumable fork(folder / "run");
  fork.resume(folder / "run/epoch=2-step=10.safetensors");
  fork.run();
  EXPECT_EQ(content_of(folder / "run/last.safetensors"), newest);
  EXPECT_TRUE(testing::bit_equal(fork.weights(), weights_of_a_whole_run()));
  EXPECT_TRUE(exists(folder / "run-2/last.safetensors"));
}

TEST(CheckpointChoiceTest, AFilenameAsksForNumbersThatAreFollowed) {
  const TemporaryFolder folder;
  Resumable run(folder.path());
  run.ask("checkpoint", {{"dirpath", folder.path()}, {"filename", std::string("{val_los}")}});
  EXPECT_THAT(
      error_of(Fault::usage, [&] { run.run(); }),
      HasSubstr("checkpoint: filename asks for {val_los}, which nobody follows (did you mean 'val_loss'?)"));
}

}  // namespace
}  // namespace orrery
