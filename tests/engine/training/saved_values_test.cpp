// What savers write of a graph's values.
#include "runtime/engine/training/saved_values.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/training/evaluation.h"
#include "runtime/engine/training/load.h"
#include "runtime/files/paths.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::bit_equal;
using ::testing::ElementsAre;
using testing::Given;
using testing::SmallRun;
using testing::whole;

struct SavingValues : SmallRun {
  explicit SavingValues(bool random = false) : SmallRun(1, random) {
    optimize("SGD", loss, {{"lr", 0.1}});
    set("epochs", whole(3));
  }

  Value transform(const std::string& operation, std::vector<Value> inputs) {
    const Descriptor& descriptor = operations().get(operation);
    return graph.apply(descriptor, checked_attributes(descriptor.attributes, {}), std::move(inputs)).at(0);
  }

  void save(const std::string& path, std::vector<NamedValue> values, const Given& options = {},
            bool processes = false) {
    for (const NamedValue& named : values) graph.use({Use::Kind::saved, named.value, ""});
    savers.push_back(std::make_shared<Saver>(path, std::vector<Saver::Source>(),
                                             checked_attributes(saver_attributes(), options), processes,
                                             Origin{{"train.lua", 9}, ""}, std::move(values)));
  }

  // Some samples of a set of so many points.
  static Batch points(std::int64_t samples, std::int64_t first, std::int64_t size) {
    const auto [x, y] = separable(samples);
    return {{"x", x.narrow(0, first, size)}, {"y", y.narrow(0, first, size)}};
  }

  at::Tensor now(const Value& value, const Batch& batch) {
    return evaluate_values(runtime, graph, {value}, batch, "cpu").at(0);
  }

  std::map<std::string, at::Tensor> read(const std::string& path) {
    std::map<std::string, at::Tensor> tensors;
    for (const NamedTensor& named : read_tensors(Engine::of(runtime), path))
      tensors[named.key] = named.tensor;
    return tensors;
  }
};

TEST(SavedValuesTest, AreOfTheLastBatchByTheWeightsAtTheEnd) {
  const TemporaryFolder folder;
  SavingValues run;
  const Value shares = run.transform("sigmoid", {run.scores});
  for (const char* reader : {"tanh", "exp"})
    run.graph.use({Use::Kind::output, run.transform(reader, {shares}), reader});
  run.save(folder / "values.safetensors", {{"shares", shares}, {"loss", run.loss}, {"y", run.labels}});
  run.run();
  const Batch last = run.points(40, 32, 8);
  const auto written = run.read(folder / "values.safetensors");
  ASSERT_EQ(written.size(), 3u);
  EXPECT_TRUE(at::equal(written.at("shares"), run.now(shares, last)));
  EXPECT_TRUE(at::equal(written.at("loss"), run.now(run.loss, last)));
  EXPECT_TRUE(at::equal(written.at("y"), last.at("y")));
}

TEST(SavedValuesTest, AreOfValidationWhereItCameLast) {
  const TemporaryFolder folder;
  SavingValues run;
  const auto [x, y] = run.separable(6);
  run.validate = run.data(x, y, {{"batch", whole(4)}});
  run.set("validate_every", whole(2));
  run.save(folder / "{epoch}.safetensors", {{"scores", run.scores}}, {{"every", whole(1)}});
  run.run();
  const auto rows = [&](const char* name) { return run.read(folder / name).at("scores").size(0); };
  EXPECT_EQ(rows("1.safetensors"), 8);
  EXPECT_EQ(rows("2.safetensors"), 2);
  const at::Tensor last = run.read(folder / "3.safetensors").at("scores");
  EXPECT_TRUE(at::equal(last, run.now(run.scores, run.points(6, 4, 2))));
}

TEST(SavedValuesTest, AreOfAveragedWeightsWhereTheyAreInUse) {
  const TemporaryFolder folder;
  SavingValues run;
  run.ask("ema", {{"decay", 0.9}});
  run.save(folder / "averaged.safetensors", {{"scores", run.scores}});
  run.run();
  EXPECT_TRUE(at::equal(run.read(folder / "averaged.safetensors").at("scores"),
                        run.now(run.scores, run.points(40, 32, 8))));
}

TEST(SavedValuesTest, LeaveTheRunAsItIs) {
  const TemporaryFolder folder;
  const auto trained = [&](bool saves) {
    SavingValues run(true);
    const Value noise = run.transform("rand_like", {run.scores});
    const Given options = {{"every", whole(1)}};
    if (saves) run.save(folder / "noise.safetensors", {{"noise", noise}}, options);
    if (!saves) run.graph.use({Use::Kind::output, noise, "noise"});
    run.run();
    return run.weights();
  };
  EXPECT_TRUE(bit_equal(trained(true), trained(false)));
}

TEST(SavedValuesTest, MayReadNoData) {
  const TemporaryFolder folder;
  SavingValues run;
  const auto held = std::make_shared<Parameter>(Parameter{.name = "kept", .shape = {Dim(3)}});
  held->data = boxed(at::ones({3}));
  const Value grown = run.transform("exp", {run.graph.constant(held, {}, "kept")});
  run.save(folder / "grown.safetensors", {{"grown", grown}});
  run.run();
  EXPECT_TRUE(at::equal(run.read(folder / "grown.safetensors").at("grown"), at::ones({3}).exp()));
}

// What is written at the end of a run that was over before is what the first one wrote there.
TEST(SavedValuesTest, AreTheSameWhenNothingIsLeftToTrain) {
  for (const bool validates : {false, true}) {
    const TemporaryFolder folder;
    const auto written = [&](bool resume) {
      SavingValues run(true);
      const auto [x, y] = run.separable(6);
      if (validates) run.validate = run.data(x, y, {{"batch", whole(4)}});
      run.ask("checkpoint", {{"dirpath", folder / "checkpoints"}});
      if (resume) run.set("resume", std::string("last"));
      run.save(folder / "values.safetensors", {{"scores", run.scores}, {"labels", run.labels}});
      run.run();
      return run.read(folder / "values.safetensors");
    };
    const auto first = written(false);
    remove_file(folder / "values.safetensors");
    EXPECT_TRUE(bit_equal(written(true), first)) << (validates ? "of validation" : "of training");
  }
}

struct Doubles : TrainingEvents {
  at::Tensor on_save(const std::shared_ptr<Saver>&, const at::Tensor& tensor) override { return tensor * 2; }
};

TEST(SavedValuesTest, AreProcessed) {
  const TemporaryFolder folder;
  SavingValues run;
  run.save(folder / "scores.safetensors", {{"scores", run.scores}}, {}, true);
  Doubles events;
  run.run(events);
  EXPECT_TRUE(at::equal(run.read(folder / "scores.safetensors").at("scores"),
                        run.now(run.scores, run.points(40, 32, 8)) * 2));
}

TEST(SavedValuesTest, AreKeptForTheBestEpochs) {
  const TemporaryFolder folder;
  SavingValues run;
  run.save(folder / "{epoch}.npy", {{"scores", run.scores}}, {{"when", "best"}, {"save_top_k", whole(2)}});
  run.run();
  EXPECT_THAT(list_folder(folder.path()), ElementsAre("2.npy", "3.npy"));
  EXPECT_EQ(content_of(folder / "3.npy").size(), 128u + 8 * 2 * sizeof(float));
}

}  // namespace
}  // namespace orrery
