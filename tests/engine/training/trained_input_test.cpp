// Runs that train constants and the input itself.
#include "runtime/engine/training/trained_input.h"

#include <tuple>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/training/load.h"
#include "runtime/engine/training/lr_finder.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::bit_equal;
using ::testing::Contains;
using testing::Experiment;
using testing::Given;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using testing::Watcher;
using testing::whole;

constexpr std::int64_t kSamples = 12;

ParameterPtr constant_of(const at::Tensor& tensor) {
  auto made = std::make_shared<Parameter>();
  made->name = "constant";
  made->shape = type_of(tensor).shape;
  made->dtype = type_of(tensor).dtype;
  made->trainable = false;
  made->data = boxed(tensor);
  return made;
}

bool alike(const at::Tensor& a, const at::Tensor& b) { return at::allclose(a, b, 1e-5, 1e-6); }

struct Moved : Experiment {
  Moved() {
    std::tie(points, labels) = separable(kSamples);
    const auto fields = feed(data(points, labels, {{"batch", whole(kSamples)}}));
    x = fields[0];
    y = fields[1];
  }

  Value transform(const std::string& operation, std::vector<Value> inputs) {
    const Descriptor& descriptor = operations().get(operation);
    return graph.apply(descriptor, checked_attributes(descriptor.attributes, {}), std::move(inputs)).at(0);
  }

  void move(const std::string& kind, const std::vector<Value>& values, Value loss, const Given& options) {
    const OptimizerKind& described = optimizer_kind(kind);
    ParameterGroup group{{}, checked_attributes(described.attributes, options)};
    for (const Value& value : values) group.targets.push_back({nullptr, value});
    optimizers.push_back(std::make_shared<Optimizer>(described, std::vector{group}, loss, Origin{}));
    graph.attach(optimizers.back());
    graph.use({Use::Kind::loss, loss, {}});
  }

  at::Tensor now(const Value& value) { return Engine::of(runtime).tensor(value.leaf()).detach().clone(); }

  /// All that the run may change.
  std::map<std::string, at::Tensor> everything() {
    std::map<std::string, at::Tensor> copies;
    for (const Graph::Entry& entry : graph.state_of_run())
      copies[entry.key] = Engine::of(runtime).tensor(entry.parameter).detach().clone();
    return copies;
  }

  at::Tensor points, labels;
  Value x, y;
};

/// The input, a constant and weights, by two optimizers.
struct MovedNet : Moved {
  explicit MovedNet(std::int64_t epochs = 4) {
    shift = graph.constant(constant_of(at::tensor({0.25f, -0.5f})));
    loss = cross_entropy(linear(2, 2, transform("mul", {x, shift}), "scores"), y);
    optimize("SGD", loss, {{"lr", 0.1}}, "scores");
    move("AdamW", {x, shift}, loss, {{"lr", 0.05}});
    set("epochs", epochs);
  }

  Value shift, loss;
};

/// A sum that every number of the input moves by -0.1 a step under SGD with lr = 0.1.
struct Falling : Moved {
  explicit Falling(std::int64_t epochs) {
    loss = transform("sum", {x});
    move("SGD", {x}, loss, {{"lr", 0.1}});
    set("epochs", epochs);
  }

  Value loss;
};

TEST(TrainedInputTest, TheInputBeginsWithItsDataAndFollowsItsGradient) {
  Falling run(3);
  const at::Tensor data = run.points.clone();
  EXPECT_EQ(run.run().steps, 3);
  EXPECT_TRUE(alike(run.now(run.x), data - 0.3));
  EXPECT_TRUE(at::equal(run.points, data)) << "the data themselves were changed";
}

TEST(TrainedInputTest, ASecondRunGoesOnFromWhereTheFirstCame) {
  const auto moved = [](std::int64_t epochs, int runs) {
    MovedNet run(epochs);
    for (int i = 0; i < runs; ++i) run.run();
    return run.everything();
  };
  EXPECT_TRUE(bit_equal(moved(2, 2), moved(4, 1)));
  EXPECT_FALSE(bit_equal(moved(2, 1), moved(4, 1)));
}

TEST(TrainedInputTest, ValidationReadsItsOwnData) {
  Falling run(1);
  run.validate = Experiment::data(at::ones({4, 2}), at::zeros({4}, at::kLong), {{"batch", whole(4)}});
  const TrainingSummary summary = run.run();
  ASSERT_EQ(summary.validation.size(), 1u);
  EXPECT_EQ(summary.validation[0].value, 8);
}

TEST(TrainedInputTest, AnOptimizerThatEvaluatesSeveralTimesSeesTheInputMove) {
  Moved run;
  const Value loss = run.transform("sum", {run.transform("mul", {run.x, run.x})});
  run.move("LBFGS", {run.x}, loss, {{"line_search_fn", std::string("strong_wolfe")}});
  run.set("epochs", whole(2));
  run.run();
  EXPECT_LT(run.now(run.x).abs().max().item<double>(), 1e-4);
}

TEST(TrainedInputTest, AConstantThatTwoNodesHoldGetsBothGradients) {
  Moved run;
  const ParameterPtr shared = constant_of(at::ones({2}));
  const Value first = run.graph.constant(shared), second = run.graph.constant(shared);
  const Value loss = run.transform(
      "sum",
      {run.transform("add", {run.transform("mul", {run.x, first}), run.transform("mul", {run.x, second})})});
  run.move("SGD", {first}, loss, {{"lr", 0.1}});
  run.set("epochs", whole(1));
  run.run();
  const at::Tensor expected = at::ones({2}) - run.points.sum(0) * 0.2;
  EXPECT_TRUE(alike(run.now(second), expected));
}

TEST(TrainedInputTest, ProfileAndStatisticsChangeNothing) {
  MovedNet plain, seen;
  seen.set("profile", std::string("block"));
  seen.set("detect_nan", true);
  seen.ask("log_gradients", {});
  plain.run();
  seen.run();
  EXPECT_TRUE(bit_equal(seen.everything(), plain.everything()));
}

struct Kept : MovedNet {
  explicit Kept(const std::string& folder) { ask("checkpoint", {{"dirpath", folder}}); }
};

std::map<std::string, at::Tensor> stopped_at(int step) {
  const TemporaryFolder folder;
  {
    Kept first(folder.path());
    Watcher watcher(first.runtime, Watcher::At::step, step);
    error_of(Fault::terminated, [&] { first.run(watcher); });
  }
  Kept second(folder.path());
  second.points.fill_(7);  // what the checkpoint has counts
  second.set("resume", std::string("last"));
  EXPECT_EQ(second.run().steps, 4);
  return second.everything();
}

TEST(TrainedInputTest, StoppedAtAnyStepItEndsWithTheSameBits) {
  MovedNet never_stopped;
  never_stopped.run();
  for (int step = 1; step <= 4; ++step) {
    SCOPED_TRACE(step);
    EXPECT_TRUE(bit_equal(stopped_at(step), never_stopped.everything()));
  }
}

TEST(TrainedInputTest, ACheckpointHasTheInputAndWhatItsOptimizerKeeps) {
  const TemporaryFolder folder;
  Kept run(folder.path());
  run.run();
  const Checkpoint checkpoint = read_checkpoint(Engine::of(run.runtime), folder.path() + "/last.safetensors");
  EXPECT_TRUE(at::equal(checkpoint.tensor("model.input.x"), run.now(run.x)));
  EXPECT_TRUE(at::equal(checkpoint.tensor("model.constant"), run.now(run.shift)));
  EXPECT_EQ(checkpoint.tensor("optimizer.1.input.x.exp_avg").sizes(), run.points.sizes());
}

std::vector<std::string> stored_keys(Engine& engine, const std::string& path) {
  std::vector<std::string> keys;
  for (const NamedTensor& named : read_tensors(engine, path)) keys.push_back(named.key);
  return keys;
}

TEST(TrainedInputTest, ASaverWritesWhatItIsAskedFor) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/moved.safetensors";
  MovedNet run;
  run.savers.push_back(std::make_shared<Saver>(
      path, std::vector<Saver::Source>{{.value = run.x}, {.value = run.shift}}, Saver::When::end, Origin{}));
  run.run();
  EXPECT_THAT(stored_keys(Engine::of(run.runtime), path), UnorderedElementsAre("input.x", "constant"));
  for (const NamedTensor& named : read_tensors(Engine::of(run.runtime), path))
    EXPECT_TRUE(at::equal(named.tensor, run.now(named.key == "constant" ? run.shift : run.x)));
}

TEST(TrainedInputTest, AModelHasItsConstantsAndNotItsInput) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/model.safetensors";
  MovedNet run;
  run.run();
  save_graph(Engine::of(run.runtime), run.graph, path);
  const auto keys = stored_keys(Engine::of(run.runtime), path);
  EXPECT_THAT(keys, Contains("constant"));
  EXPECT_THAT(keys, Not(Contains("input.x")));
  const auto loaded = load_graph(Engine::of(run.runtime), path);
  EXPECT_EQ(loaded->state().size(), run.graph.state().size());
  EXPECT_TRUE(loaded->input_node()->trained_fields().empty());
}

TEST(TrainedInputTest, BeforeARunTheInputHasNoValues) {
  Falling run(1);
  EXPECT_THAT(error_of(Fault::usage, [&] { Engine::of(run.runtime).tensor(run.x.leaf()); }),
              HasSubstr("'x' of the input has no values yet: a run reads them from the data when it begins"));
}

TEST(TrainedInputTest, WhatWasNotKeptIsReadAgain) {
  Falling run(1);
  run.manager();
  {
    const TrainedInput never_read(Engine::of(run.runtime), run.graph);
    EXPECT_NE(run.x.leaf()->data, nullptr);
  }
  EXPECT_EQ(run.x.leaf()->data, nullptr);
  run.run();
  EXPECT_TRUE(alike(run.now(run.x), run.points - 0.1));
}

TEST(TrainedInputTest, TryingLearningRatesMovesNothing) {
  Falling tried(2), plain(2);
  const Attributes options =
      checked_attributes(lr_finder_attributes(), {{"num_training", whole(5)}, {"early_stop_threshold", 0.0}});
  const LearningRates found = find_learning_rate(tried.runtime, tried.graph, tried.manager(), options);
  EXPECT_EQ(found.losses.size(), 5u);
  EXPECT_LT(found.losses.back(), found.losses.front());
  EXPECT_EQ(tried.x.leaf()->data, nullptr);
  tried.run();
  plain.run();
  EXPECT_TRUE(bit_equal(tried.everything(), plain.everything()));
}

TEST(TrainedInputTest, ALoopByHandGetsTheTensorThatIsTrained) {
  Falling spec(2);
  TrainingEvents events;
  const Manager& manager = spec.manager();
  TrainingRun run(spec.runtime, spec.graph, manager, events, std::nullopt, true);
  int steps = 0;
  while (!run.over()) {
    const auto batch = run.next();
    if (!batch) continue;
    ++steps;
    EXPECT_TRUE(batch->fields.at("x").is_same(Engine::of(spec.runtime).tensor(spec.x.leaf())));
    run.step(0, run.forward(*batch).front().tensor);
  }
  run.finish();
  EXPECT_EQ(steps, 2);
  EXPECT_TRUE(alike(spec.now(spec.x), spec.points - 0.2));
}

}  // namespace
}  // namespace orrery
