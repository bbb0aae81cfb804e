// Checkpoints that are cut, newer, or of a run that is over; folders that vanish.
#include <filesystem>
#include <fstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
