#include "runtime/engine/training/saver_files.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/training/load.h"
#include "runtime/files/paths.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using testing::Given;
using testing::SmallRun;
using testing::whole;

struct Saving : SmallRun {
  Saving() {
    optimize("SGD", loss, {{"lr", 0.1}});
    set("epochs", whole(5));
  }

  void save(const std::string& path, const Given& options, std::vector<Saver::Source> sources = {},
            bool processes = false) {
    savers.push_back(std::make_shared<Saver>(path, std::move(sources),
                                             checked_attributes(saver_attributes(), options), processes,
                                             Origin{{"train.lua", 9}, ""}));
  }
};

TEST(SaverFilesTest, WritesAfterEverySoManyEpochsAndAtTheEnd) {
  const TemporaryFolder folder;
  Saving run;
  run.save(folder / "epoch={epoch}.safetensors", {{"every", whole(2)}});
  run.run();
  EXPECT_THAT(list_folder(folder.path()),
              ElementsAre("epoch=2.safetensors", "epoch=4.safetensors", "epoch=5.safetensors"));
}

// The loss falls with each epoch, so that each is the best so far.
TEST(SaverFilesTest, KeepsTheBestUnderTheirNumbers) {
  const TemporaryFolder folder;
  const auto files = [&](const std::string& name, std::int64_t most) {
    Saving run;
    run.save(folder / name + "/{epoch}-{loss:.1f}.safetensors", {{"when", "best"}, {"save_top_k", most}});
    create_directories(folder / name);
    run.run();
    std::vector<std::string> names = list_folder(folder / name);
    for (std::string& file : names) file = file.substr(0, file.find('-'));
    return names;
  };
  EXPECT_THAT(files("one", 1), ElementsAre("5"));
  EXPECT_THAT(files("two", 2), ElementsAre("4", "5"));
  EXPECT_THAT(files("all", -1), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(files("none", 0), ElementsAre());
}

TEST(SaverFilesTest, AResumedRunKnowsItsBestFiles) {
  const TemporaryFolder folder;
  const auto run_for = [&](std::int64_t epochs, bool resume) {
    Saving run;
    run.set("epochs", epochs);
    run.save(folder / "{epoch}.weights.safetensors", {{"when", "best"}, {"save_top_k", whole(2)}});
    run.ask("checkpoint", {{"dirpath", folder / "checkpoints"}});
    if (resume) run.set("resume", std::string("last"));
    run.run();
  };
  run_for(3, false);
  run_for(5, true);
  EXPECT_THAT(list_folder(folder.path()),
              ElementsAre("4.weights.safetensors", "5.weights.safetensors", "checkpoints"));
}

struct Halves : TrainingEvents {
  at::Tensor on_save(const std::shared_ptr<Saver>&, const at::Tensor& tensor) override { return tensor / 2; }
};

TEST(SaverFilesTest, ProcessesWhatItWrites) {
  const TemporaryFolder folder;
  Saving run;
  run.save(folder / "half.safetensors", {}, {{.path = "second"}}, true);
  Halves events;
  run.run(events);
  const auto tensors = read_tensors(Engine::of(run.runtime), folder / "half.safetensors");
  ASSERT_EQ(tensors.size(), 2u);
  for (const NamedTensor& named : tensors)
    EXPECT_TRUE(at::equal(named.tensor, run.weights().at(named.key) / 2)) << named.key;
}

TEST(SaverFilesTest, WritesOneTensorForNumPy) {
  const TemporaryFolder folder;
  Saving run;
  const auto held = std::make_shared<Parameter>(Parameter{.name = "kept", .shape = {Dim(3)}});
  held->data = boxed(at::ones({3}));
  const Value kept = run.graph.constant(held, {}, "kept");
  run.graph.use({Use::Kind::output, kept, "kept"});
  run.save(folder / "kept.npy", {}, {{.value = kept}});
  run.run();
  EXPECT_EQ(content_of(folder / "kept.npy").size(), 128u + 12u);
}

TEST(SaverFilesTest, SeveralTensorsAreNoNumPyFile) {
  const TemporaryFolder folder;
  Saving run;
  run.save(folder / "two.npy", {}, {{.path = "second"}});
  EXPECT_THAT(error_of(Fault::usage, [&] { run.run(); }),
              ::testing::HasSubstr("a NumPy file holds one tensor, and '" + folder.path() +
                                   "/two.npy' would get 2: second.weight, second.bias, …"));
  EXPECT_THAT(error_of(Fault::usage, [&] { Saving().save("all.npy", {}); }),
              ::testing::HasSubstr(
                  "train.lua:9: the saver of all.npy writes the whole graph, which has no NumPy file"));
}

TEST(SaverFilesTest, APathAsksForNumbersThatAreFollowed) {
  Saving run;
  run.save("{val_loss}.safetensors", {});
  EXPECT_THAT(
      error_of(Fault::usage, [&] { run.run(); }),
      ::testing::HasSubstr("train.lua:9: the saver's path asks for {val_loss}, which nobody follows"));
}

}  // namespace
}  // namespace orrery
