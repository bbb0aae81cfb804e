// Runs whose steps are captured as graphs of the device: on the CPU with graphs that behave as CUDA's.
#include <functional>
#include <utility>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/kernels/own_kernel.h"
#include "runtime/engine/training/capture_rules.h"
#include "runtime/engine/training/executed.h"
#include "tests/engine/training/experiment.h"
#include "tests/engine/training/recording_graphs.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::AllOf;
using testing::bit_equal;
using testing::Experiment;
using testing::Given;
using ::testing::HasSubstr;
using testing::nearly_equal;
using testing::RecordingGraphs;
using testing::SmallRun;
using testing::whole;

/// Not told of the parts of steps, so that steps may be captured.
struct OfWholeSteps : TrainingEvents {
  bool wants_parts_of_steps() const override { return false; }
  void on_step(const StepReport&) override {
    if (after_step) after_step(++steps);
  }
  std::function<void(int)> after_step = {};
  int steps = 0;
};

struct CapturedRun {
  TrainingSummary summary;
  std::shared_ptr<RecordingGraphs> graphs = std::make_shared<RecordingGraphs>();
};

CapturedRun captured(Experiment& experiment, OfWholeSteps events = {}) {
  CapturedRun made;
  TrainingRun run(experiment.runtime, experiment.graph, experiment.manager(), events, {}, false,
                  *experiment.files);
  run.set_graphs(made.graphs);
  made.summary = run.run();
  EXPECT_EQ(made.graphs->replays, made.summary.captured_steps);
  return made;
}

/// Dropout, shuffling, a metric, and a last batch of four samples behind five of eight.
struct Trained : SmallRun {
  explicit Trained(std::int64_t epochs, const char* engine = "autograd") : SmallRun(3, true, 44) {
    set("epochs", epochs);
    set("engine", std::string(engine));
    set("profile", std::string("off"));
    follow("accuracy", "accuracy", {scores, labels});
  }

  /// Another loss in the place of its own, which nobody need read.
  Value instead(const Value& other) {
    graph.use({Use::Kind::output, loss, ""});
    return other;
  }
};

void expect_same_numbers(const TrainingSummary& a, const TrainingSummary& b) {
  ASSERT_EQ(a.train.size(), b.train.size());
  for (size_t i = 0; i < a.train.size(); ++i)
    EXPECT_EQ(a.train[i].value, b.train[i].value) << a.train[i].name;
}

constexpr std::int64_t kSteps = 6 * 6;                            // of six epochs
constexpr std::int64_t kByThemselves = 2 * StepGraphs::kWarmUps;  // of both sizes of batches

// With AMSGrad, Adam is LibTorch's in a run by itself, too.
TEST(CapturedRunTest, GivesTheBitsOfARunThatIsNot) {
  for (const auto& [optimizer, options] :
       {std::pair<const char*, Given>("Adam", {{"lr", 0.01}, {"amsgrad", true}}),
        std::pair<const char*, Given>("AdamW", {{"lr", 0.01}, {"amsgrad", true}}),
        std::pair<const char*, Given>("RMSprop", {{"lr", 0.01}})}) {
    Trained expected(6), run(6);
    expected.optimize(optimizer, expected.loss, options);
    run.optimize(optimizer, run.loss, options);
    const TrainingSummary plain = expected.run();
    const CapturedRun replayed = captured(run);
    EXPECT_TRUE(bit_equal(expected.weights(), run.weights())) << optimizer;
    expect_same_numbers(replayed.summary, plain);
    EXPECT_EQ(replayed.graphs->recorded, 2) << optimizer;
    EXPECT_EQ(replayed.summary.captured_steps, kSteps - kByThemselves) << optimizer;
    EXPECT_EQ(replayed.summary.uncaptured, "") << optimizer;
    EXPECT_EQ(plain.captured_steps, 0);
    EXPECT_EQ(plain.uncaptured, "");
  }
}

// By itself SGD takes a kernel of its own for small tensors.
TEST(CapturedRunTest, GivesTheNumbersOfSgdsOwnKernel) {
  Trained expected(6), run(6);
  for (Trained* each : {&expected, &run}) each->optimize("SGD", each->loss, {{"lr", 0.1}, {"momentum", 0.9}});
  expected.run();
  EXPECT_EQ(captured(run).summary.captured_steps, kSteps - kByThemselves);
  EXPECT_TRUE(nearly_equal(expected.weights(), run.weights()));
}

TEST(CapturedRunTest, MixedPrecisionAndAFurtherRunGiveTheSameBits) {
  Trained expected(6), run(6);
  for (Trained* each : {&expected, &run}) {
    each->set("precision", std::string("bf16-mixed"));
    each->optimize("AdamW", each->loss, {{"lr", 0.01}, {"amsgrad", true}});
  }
  for (int again = 0; again < 2; ++again) {
    expected.run();
    EXPECT_EQ(captured(run).summary.captured_steps, kSteps - kByThemselves);
    EXPECT_TRUE(bit_equal(expected.weights(), run.weights())) << again;
  }
}

Value computed(Trained& run, const char* operation, std::vector<Value> inputs, const Given& options = {}) {
  const Descriptor& descriptor = operations().get(operation);
  return run.graph.apply(descriptor, checked_attributes(descriptor.attributes, options), std::move(inputs))
      .at(0);
}

/// How many updates the first optimizer knows of, of each parameter.
std::vector<std::int64_t> counted(Experiment& experiment) {
  return executed(Engine::of(experiment.runtime), *experiment.optimizers.front(), &experiment.graph)
      ->counts();
}

TEST(CapturedRunTest, OptimizersCountWhatIsReplayed) {
  Trained run(6);
  run.optimize("AdamW", run.loss, {{"lr", 0.01}, {"amsgrad", true}});
  captured(run);
  EXPECT_EQ(counted(run), std::vector<std::int64_t>(4, kSteps));
}

TEST(CapturedRunTest, NumbersAreThoseOfBeforeTheUpdate) {
  Trained expected(6), run(6);
  for (Trained* each : {&expected, &run}) {
    const auto scale = std::make_shared<Parameter>();
    scale->name = "scale";
    scale->shape = {Dim(1)};
    scale->init = Init::ones();
    each->runtime.draws.initialise(scale);
    const Value scales = each->graph.constant(scale, {}, "scale");
    const Value scaled = computed(*each, "mul", {each->scores, scales});
    each->optimize("AdamW", each->instead(each->cross_entropy(scaled, each->labels)),
                   {{"lr", 0.01}, {"amsgrad", true}});
    each->follow("mean", "scale", {scales});
  }
  const TrainingSummary plain = expected.run();
  expect_same_numbers(captured(run).summary, plain);
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
}

TEST(CapturedRunTest, GivesTheNumbersOfTheStaticPlanAndOfAdamsOwnKernel) {
  Trained expected(6), run(6, "plan");
  expected.optimize("AdamW", expected.loss, {{"lr", 0.01}});
  run.optimize("AdamW", run.loss, {{"lr", 0.01}});
  expected.run();
  EXPECT_EQ(captured(run).summary.captured_steps, kSteps - kByThemselves);
  EXPECT_TRUE(nearly_equal(expected.weights(), run.weights()));
}

TEST(CapturedRunTest, TakesTheRatesThatASchedulePutsOnTheDevice) {
  for (const char* interval : {"step", "epoch"}) {
    Trained expected(6), run(6);
    for (Trained* each : {&expected, &run})
      each->schedule("ExponentialLR", each->optimize("AdamW", each->loss, {{"lr", 0.05}, {"amsgrad", true}}),
                     {{"gamma", 0.8}}, {{"interval", std::string(interval)}});
    expected.run();
    EXPECT_EQ(captured(run).graphs->recorded, 2);
    EXPECT_TRUE(bit_equal(expected.weights(), run.weights())) << interval;
  }
}

TEST(CapturedRunTest, RecordsAgainWhenAScheduleChangesWhatTheHostGives) {
  Trained expected(3), run(3);
  for (Trained* each : {&expected, &run})
    each->schedule("ExponentialLR", each->optimize("RMSprop", each->loss, {{"lr", 0.05}}), {{"gamma", 0.5}});
  expected.run();
  const CapturedRun replayed = captured(run);
  EXPECT_EQ(replayed.graphs->recorded, 3);
  EXPECT_EQ(replayed.summary.captured_steps, 3 * (5 - StepGraphs::kWarmUps));
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
}

TEST(CapturedRunTest, GivesUpWhereASchedulesEachStepChangesWhatTheHostGives) {
  Trained expected(6), run(6);
  for (Trained* each : {&expected, &run})
    each->schedule("ExponentialLR", each->optimize("RMSprop", each->loss, {{"lr", 0.05}}), {{"gamma", 0.9}},
                   {{"interval", std::string("step")}});
  expected.run();
  const CapturedRun replayed = captured(run);
  EXPECT_EQ(replayed.graphs->attempts, 0);
  EXPECT_THAT(replayed.summary.uncaptured, HasSubstr("options of optimizers"));
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
}

TEST(CapturedRunTest, BatchStatisticsAndClippingAndAveragesGoOnInReplays) {
  Trained expected(6), run(6);
  for (Trained* each : {&expected, &run}) {
    const Value normed = each->layer("BatchNorm1d", {{"num_features", whole(2)}}, {each->scores}, "norm");
    each->optimize("AdamW", each->instead(each->cross_entropy(normed, each->labels)),
                   {{"lr", 0.01}, {"amsgrad", true}});
    each->set("gradient_clip_val", 0.05);
    each->ask("ema", {{"decay", 0.9}});
  }
  expected.run();
  EXPECT_EQ(captured(run).summary.captured_steps, kSteps - kByThemselves);
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
  EXPECT_EQ(run.weights().at("norm.num_batches_tracked").item<std::int64_t>(), kSteps);
}

TEST(CapturedRunTest, TwoOptimizersInTurnHaveAGraphForEach) {
  Trained expected(6), run(6);
  for (Trained* each : {&expected, &run}) {
    each->optimize("Adam", each->loss, {{"lr", 0.01}, {"amsgrad", true}}, "first");
    each->optimize("AdamW", each->loss, {{"lr", 0.1}, {"amsgrad", true}}, "second");
    each->frequencies = {2, 1};
  }
  expected.run();
  const CapturedRun replayed = captured(run);
  EXPECT_GT(replayed.graphs->recorded, 2);
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
}

TEST(CapturedRunTest, WhatIsFrozenInTheMiddleStandsStill) {
  Trained expected(6), run(6);
  const auto freeze = [](Trained& experiment) {
    OfWholeSteps events;
    experiment.optimize("AdamW", experiment.loss, {{"lr", 0.01}, {"amsgrad", true}});
    events.after_step = [&experiment](int step) {
      if (step != 14 && step != 22) return;
      for (const Graph::Entry& entry : experiment.graph.state())
        if (entry.key.starts_with("first")) entry.parameter->trainable = step == 22;
    };
    return events;
  };
  OfWholeSteps events = freeze(expected);
  expected.run(events);
  EXPECT_GT(captured(run, freeze(run)).summary.captured_steps, 6);
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
}

TEST(CapturedRunTest, TheFirstStepOfEachEpochIsProfiled) {
  Trained run(6);
  run.set("profile", std::string("block"));
  run.optimize("SGD", run.loss, {{"lr", 0.1}});
  EXPECT_EQ(captured(run).summary.captured_steps, kSteps - kByThemselves - 6);
}

TEST(CapturedRunTest, GoesOnFromACheckpointToTheBitsOfARunThatNeverStopped) {
  const TemporaryFolder folder;
  Trained at_once(8), first(4), second(8);
  for (Trained* each : {&at_once, &first, &second})
    each->optimize("AdamW", each->loss, {{"lr", 0.01}, {"amsgrad", true}});
  for (Trained* each : {&first, &second}) each->ask("checkpoint", {{"dirpath", folder.path()}});
  second.set("resume", std::string("last"));
  captured(at_once);
  captured(first);
  EXPECT_GT(captured(second).summary.captured_steps, 0);
  EXPECT_TRUE(bit_equal(at_once.weights(), second.weights()));
}

/// Its norm asks the host for the weight of a batch.
struct Asking : Trained {
  Asking() : Trained(6) {
    const Value normed =
        layer("BatchNorm1d", {{"num_features", whole(2)}, {"momentum", std::string("cumulative")}}, {scores},
              "norm");
    optimize("AdamW", instead(cross_entropy(normed, labels)), {{"lr", 0.01}, {"amsgrad", true}});
  }
};

TEST(CapturedRunTest, GoesOnUncapturedWhereAStepNeedsTheHost) {
  Asking expected, run;
  expected.run();
  const CapturedRun replayed = captured(run);
  EXPECT_THAT(replayed.summary.uncaptured, AllOf(HasSubstr("norm (BatchNorm1d) failed"),
                                                 HasSubstr("not permitted when stream is capturing")));
  EXPECT_EQ(replayed.graphs->attempts, 1);
  EXPECT_EQ(replayed.summary.captured_steps, 0);
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
}

// On the CPU NAdam takes its factors as numbers.
TEST(CapturedRunTest, AnUpdateThatNeedsTheHostIsNotCountedTwice) {
  Trained expected(6), run(6);
  for (Trained* each : {&expected, &run}) each->optimize("NAdam", each->loss, {{"lr", 0.01}});
  expected.run();
  EXPECT_THAT(captured(run).summary.uncaptured, HasSubstr("not permitted when stream is capturing"));
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
  EXPECT_EQ(counted(run), std::vector<std::int64_t>(4, kSteps));
}

TEST(CapturedRunTest, AManagerThatInsistsIsToldWhatNeedsTheHost) {
  Asking run;
  run.set("cuda_graphs", true);
  EXPECT_THAT(
      error_of(Fault::usage, [&] { captured(run); }),
      AllOf(
          HasSubstr("cuda_graphs = true cannot capture the steps of graph 'experiment': norm (BatchNorm1d)"),
          HasSubstr("With cuda_graphs = \"auto\" steps are captured wherever they can be.")));
}

TEST(CapturedRunTest, AManagerThatInsistsNeedsACudaDevice) {
  Trained run(1);
  run.optimize("SGD", run.loss, {{"lr", 0.1}});
  run.set("cuda_graphs", true);
  OfWholeSteps events;
  EXPECT_THAT(error_of(Fault::usage, [&] { run.run(events); }),
              HasSubstr("steps are captured on CUDA devices, this one is cpu"));
}

/// Why an experiment's steps cannot be captured.
std::string reason(const std::function<void(Trained&)>& change, const TrainingEvents* events = nullptr) {
  Trained run(1);
  run.optimize("SGD", run.loss, {{"lr", 0.1}});
  change(run);
  const Manager& manager = run.manager();
  return why_not_captured(run.graph, manager, at::kCPU, events);
}

TEST(CaptureRulesTest, NothingSpeaksAgainstAPlainRun) {
  EXPECT_EQ(reason([](Trained&) {}), "");
  EXPECT_EQ(reason([](Trained& run) { run.set("precision", std::string("bf16-mixed")); }), "");
  EXPECT_EQ(reason([](Trained& run) { run.set("gradient_clip_val", 1.0); }), "");
  EXPECT_EQ(reason([](Trained& run) { run.ask("log_weights", {}); }), "");
  const OfWholeSteps events;
  EXPECT_EQ(reason([](Trained&) {}, &events), "");
}

TEST(CaptureRulesTest, OptionsThatNeedTheHostAreNamed) {
  const auto with = [](const char* option, AttributeValue value) {
    return reason([&](Trained& run) { run.set(option, value); });
  };
  EXPECT_EQ(with("cuda_graphs", false), "cuda_graphs = false was asked for");
  EXPECT_EQ(with("detect_nan", true), "detect_nan looks at every value");
  EXPECT_EQ(with("precision", std::string("16-mixed")),
            "16-mixed decides after each backward pass whether the update is left out");
  EXPECT_EQ(with("accumulate_grad_batches", whole(2)),
            "accumulate_grad_batches does something else with each batch");
  EXPECT_EQ(with("accumulate_grad_batches", whole(1)), "");
  EXPECT_EQ(reason([](Trained& run) { run.ask("gradient_noise", {}); }),
            "gradient_noise draws from a generator of its own");
  EXPECT_EQ(reason([](Trained& run) { run.ask("log_gradients", {}); }), "log_gradients looks at gradients");
}

TEST(CaptureRulesTest, WhatComparesLossesIsNamed) {
  Trained run(1);
  run.optimize("LBFGS", run.loss, {});
  const Manager& manager = run.manager();
  EXPECT_EQ(why_not_captured(run.graph, manager, at::kCPU, nullptr), "LBFGS compares losses within a step");
}

TEST(CaptureRulesTest, ListenersBetweenThePassesOfAStepAreNamed) {
  const TrainingEvents events;
  EXPECT_EQ(reason([](Trained&) {}, &events), "a callback is told of the parts of a step");
}

TEST(CaptureRulesTest, StatesAreNamed) {
  EXPECT_EQ(reason([](Trained& run) {
              const auto held = std::make_shared<Parameter>();
              held->name = "held";
              held->shape = {Dim(2)};
              held->trainable = false;
              run.runtime.draws.initialise(held);
              const Value carried = run.graph.carried(held, StateSpec::Reset::pass, {}, "held");
              const Value now = computed(run, "mean", {run.scores}, {{"dim", std::vector<std::int64_t>{0}}});
              const Value next = computed(run, "add", {carried, now});
              run.graph.carry(carried, next, {});
              run.graph.use({Use::Kind::output, next, ""});
            }),
            "held (State) is carried from step to step");
}

TEST(CaptureRulesTest, AnInputThatIsTrainedIsNamed) {
  Experiment run;
  const auto [x, y] = Experiment::separable(12);
  const auto fields = run.feed(Experiment::data(x, y, {{"batch", whole(12)}}));
  const Value loss = run.cross_entropy(run.linear(2, 2, fields[0]), fields[1]);
  const OptimizerKind& described = optimizer_kind("SGD");
  ParameterGroup group{{}, checked_attributes(described.attributes, {{"lr", 0.1}})};
  group.targets.push_back({nullptr, fields[0]});
  run.optimizers.push_back(std::make_shared<Optimizer>(described, std::vector{group}, loss, Origin{}));
  run.graph.attach(run.optimizers.back());
  run.graph.use({Use::Kind::loss, loss, {}});
  const Manager& manager = run.manager();
  EXPECT_EQ(why_not_captured(run.graph, manager, at::kCPU, nullptr), "the input itself is trained");
}

TEST(CapturedRunTest, ALoopByHandIsNotCaptured) {
  Trained run(1);
  run.optimize("SGD", run.loss, {{"lr", 0.1}});
  run.set("cuda_graphs", true);
  OfWholeSteps events;
  const Manager& manager = run.manager();
  EXPECT_EQ(error_of(Fault::usage, [&] { TrainingRun(run.runtime, run.graph, manager, events, {}, true); }),
            "cuda_graphs = true is for manager:run(): a loop by hand asks for gradients itself");
}

TEST(CaptureRulesTest, OperationsThatAreNotOrrerysOwnAreNamed) {
  EXPECT_EQ(
      reason([](Trained& run) {
        Descriptor echo;
        echo.name = "echo";
        echo.category = Category::own;
        echo.doc = "The same.";
        echo.inputs = {{.name = "input", .doc = "any"}};
        echo.shape = [](ShapeContext& context) -> std::vector<TensorType> { return {context.input(0)}; };
        add_operation(run.runtime, echo,
                      [](const KernelContext& k) -> std::vector<at::Tensor> { return {k.input().clone()}; });
        const Descriptor& made = operations(run.runtime).get("echo");
        const Value same = run.graph.apply(made, Attributes(made.attributes), {run.scores}).at(0);
        run.graph.use({Use::Kind::output, same, ""});
      }),
      "echo (echo) is not one of Orrery's own operations");
}

TEST(CaptureRulesTest, BlocksThatAreRecomputedAreNamed) {
  Trained run(1);
  Block& again = run.graph.begin_block("again", {});
  const Value scores = run.linear(2, 2, run.scores, "last");
  run.graph.end_block();
  again.set_recomputes(true);
  run.optimize("SGD", run.instead(run.cross_entropy(scores, run.labels)), {{"lr", 0.1}});
  const Manager& manager = run.manager();
  EXPECT_EQ(why_not_captured(run.graph, manager, at::kCPU, nullptr),
            "again/last (Linear) is computed again in the backward pass");
}

TEST(CaptureRulesTest, BlocksOnSeveralDevicesAreNamed) {
  Trained run(1);
  Block& placed = run.graph.begin_block("placed", {});
  const Value scores = run.linear(2, 2, run.scores, "last");
  run.graph.end_block();
  placed.set_device("cpu");
  run.optimize("SGD", run.instead(run.cross_entropy(scores, run.labels)), {{"lr", 0.1}});
  const Manager& manager = run.manager();
  EXPECT_EQ(why_not_captured(run.graph, manager, at::kCPU, nullptr), "");
  EXPECT_EQ(why_not_captured(run.graph, manager, at::Device(at::kCUDA, 0), nullptr),
            "blocks lie on several devices");
}

TEST(CapturedRunOnCudaTest, GivesTheNumbersOfARunThatIsNot) {
  open_cuda_library();
  if (cuda_device_count() == 0) GTEST_SKIP() << "there is no CUDA device";
  if (!graphs_library().make) GTEST_SKIP() << graphs_library().why_not;
  Trained expected(6), run(6);
  OfWholeSteps events;
  for (Trained* each : {&expected, &run}) {
    each->set("device", std::string("cuda"));
    each->set("cuda_graphs", each == &run);
    each->schedule("ExponentialLR", each->optimize("AdamW", each->loss, {{"lr", 0.05}, {"amsgrad", true}}),
                   {{"gamma", 0.8}}, {{"interval", std::string("step")}});
  }
  const TrainingSummary plain = expected.run(events), replayed = run.run(events);
  EXPECT_EQ(replayed.captured_steps, kSteps - kByThemselves);
  EXPECT_EQ(plain.uncaptured, "cuda_graphs = false was asked for");
  EXPECT_TRUE(nearly_equal(expected.weights(), run.weights()));
}

TEST(CapturedRunOnCudaTest, GoesOnUncapturedWhereAStepNeedsTheHost) {
  open_cuda_library();
  if (cuda_device_count() == 0) GTEST_SKIP() << "there is no CUDA device";
  if (!graphs_library().make) GTEST_SKIP() << graphs_library().why_not;
  Asking expected, run;
  OfWholeSteps events;
  for (Asking* each : {&expected, &run}) each->set("device", std::string("cuda"));
  expected.set("cuda_graphs", false);
  expected.run(events);
  const TrainingSummary replayed = run.run(events);
  EXPECT_THAT(replayed.uncaptured, HasSubstr("norm (BatchNorm1d) failed"));
  EXPECT_TRUE(bit_equal(expected.weights(), run.weights()));
}

}  // namespace
}  // namespace orrery
