#include "runtime/engine/training/checkpoint_folder.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::whole;

const double kNaN = std::nan("");

CheckpointFolder checkpoint_folder(const testing::Given& given, const FileSystem& files = posix_files()) {
  const auto& groups = manager_groups();
  const auto described = std::ranges::find(groups, "checkpoint", &ManagerGroup::name);
  const RunTargets loss_alone{.followed = {{"loss", valueless_metric("mean", "loss"), {0}}}, .loss_count = 1};
  return {checked_attributes(described->attributes, given),
          Monitored(loss_alone, "", false),
          {"epoch", "step", "loss"},
          files};
}

// The names that stay after epochs with these values of the monitored number.
std::vector<std::string> kept_after(std::int64_t most, const std::vector<std::optional<double>>& values) {
  const TemporaryFolder folder;
  Runtime runtime;
  CheckpointFolder checkpoints =
      checkpoint_folder({{"save_top_k", most}, {"filename", std::string("{epoch}")}});
  checkpoints.begin(folder.path());
  double epoch = 0;
  for (const auto& value : values)
    checkpoints.write(Engine::of(runtime), {.tensors = {{"a", at::ones({1})}}, .numbers = {}, .texts = {}},
                      value, {{"epoch", ++epoch}});
  std::vector<std::string> names = list_folder(folder.path());
  std::erase_if(names, [](const auto& name) { return !std::isdigit(static_cast<unsigned char>(name[0])); });
  return names;
}

TEST(CheckpointFolderTest, KeepsAsManyOfTheBestAsAreAskedFor) {
  const std::vector<std::optional<double>> losses = {3, 1, 2, kNaN};
  EXPECT_THAT(kept_after(0, losses), IsEmpty());
  EXPECT_THAT(kept_after(1, losses), ElementsAre("2.safetensors"));
  EXPECT_THAT(kept_after(2, losses), ElementsAre("2.safetensors", "3.safetensors"));
  EXPECT_THAT(kept_after(-1, losses),
              ElementsAre("1.safetensors", "2.safetensors", "3.safetensors", "4.safetensors"));
}

TEST(CheckpointFolderTest, OfEqualsTheFirstStays) {
  EXPECT_THAT(kept_after(1, {1, 1}), ElementsAre("1.safetensors"));
  EXPECT_THAT(kept_after(2, {1, 1, 1}), ElementsAre("1.safetensors", "2.safetensors"));
}

TEST(CheckpointFolderTest, ANameThatHasOneAsGoodIsNotWrittenAgain) {
  const TemporaryFolder folder;
  Runtime runtime;
  CheckpointFolder checkpoints =
      checkpoint_folder({{"save_top_k", std::int64_t{3}}, {"filename", std::string("{epoch}")}});
  checkpoints.begin(folder.path());
  for (const double value : {2.0, 1.0, 1.5, 1.0})
    checkpoints.write(Engine::of(runtime), {.tensors = {}, .numbers = {}, .texts = {}}, value,
                      {{"epoch", 1}});
  const auto header = read_checkpoint_header(folder / "1.safetensors", posix_files());
  EXPECT_EQ(header->number("monitor.value"), 1);
}

TEST(CheckpointFolderTest, AnEpochThatWasCutRemovesNothingAndGoesWhenTheRunGoesOn) {
  const TemporaryFolder folder;
  Runtime runtime;
  const auto folder_of_one = [] {
    return checkpoint_folder({{"save_top_k", std::int64_t{1}}, {"filename", std::string("{epoch}")}});
  };
  const auto names = [&] {
    std::vector<std::string> all = list_folder(folder.path());
    std::erase(all, ".lock");
    std::ranges::sort(all);
    return all;
  };
  {
    CheckpointFolder checkpoints = folder_of_one();
    checkpoints.begin(folder.path());
    for (const double epoch : {1.0, 2.0})
      checkpoints.write(Engine::of(runtime), {.tensors = {}, .numbers = {}, .texts = {}}, 3 - epoch,
                        {{"epoch", epoch}}, epoch == 2);
  }
  EXPECT_THAT(names(), ElementsAre("1.safetensors", "2.safetensors", "last.safetensors"));
  {
    CheckpointFolder checkpoints = folder_of_one();
    checkpoints.go_on(folder / "2.safetensors");
  }
  EXPECT_THAT(names(), ElementsAre("1.safetensors", "2.safetensors", "last.safetensors"));
  CheckpointFolder checkpoints = folder_of_one();
  checkpoints.go_on(folder / "last.safetensors");
  EXPECT_THAT(names(), ElementsAre("1.safetensors", "last.safetensors"));
}

TEST(CheckpointFolderTest, AnyNumberIsBetterThanNaN) {
  EXPECT_THAT(kept_after(1, {kNaN, 5}), ElementsAre("2.safetensors"));
  EXPECT_THAT(kept_after(1, {kNaN, kNaN}), ElementsAre("1.safetensors"));
  EXPECT_THAT(kept_after(1, {INFINITY, -INFINITY, kNaN}), ElementsAre("2.safetensors"));
}

TEST(CheckpointFolderTest, AnEpochWithoutTheNumberIsNoneOfTheBest) {
  EXPECT_THAT(kept_after(-1, {std::nullopt, 2, std::nullopt}), ElementsAre("2.safetensors"));
}

TEST(CheckpointFolderTest, AFolderThatCannotBeMadeOrWrittenIsSaidAtOnce) {
  const TemporaryFolder folder;
  folder.put("file", "");
  CheckpointFolder below_a_file = checkpoint_folder({});
  EXPECT_THAT(error_of(Fault::write, [&] { below_a_file.begin(folder / "file/inside"); }),
              HasSubstr("file'"));
  FaultyFiles files;
  files.reason = EROFS;
  files.before = [&](const std::string& operation) {
    if (operation == "open") files.fail_at = files.operations() + 1;
  };
  CheckpointFolder read_only = checkpoint_folder({}, files);
  EXPECT_THAT(error_of(Fault::write, [&] { read_only.begin(folder.path()); }),
              HasSubstr("checkpoints cannot be written to '" + folder.path() + "': read-only file system"));
}

}  // namespace
}  // namespace orrery
