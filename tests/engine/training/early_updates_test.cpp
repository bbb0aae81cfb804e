// Parameters that are updated within the backward pass.
#include "runtime/engine/training/early_updates.h"

#include <filesystem>
#include <functional>
#include <memory>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/kernels/own_kernel.h"
#include "tests/engine/training/failing_allocator.h"
#include "tests/engine/training/resumable.h"
#include "tests/engine/training/stepped_by_hand.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::AllOf;
using testing::bit_equal;
using testing::early_in_one_step;
using testing::Experiment;
using testing::FailingAllocator;
using testing::freeze;
using testing::Given;
using ::testing::HasSubstr;
using testing::Looking;
using ::testing::Not;
using testing::transformed;
using testing::Watcher;
using testing::whole;

/// A net with one large weight, of 64 KiB where it is as wide as this: the smallest that is large.
constexpr std::int64_t kWide = 128;

struct ShuffledPoints : Experiment {
  ShuffledPoints() : Experiment(3) {
    auto [x, y] = separable(40);
    fields = feed(data(x, y, {{"batch", whole(8)}, {"shuffle", true}}));
    set("epochs", whole(2));
    // These are of whatever size, and round otherwise.
    set("skip_passes", std::string("fold_updates"));
  }

  std::vector<Value> fields;
};

struct WideRun : ShuffledPoints {
  explicit WideRun(std::int64_t wide = kWide) {
    const Value first = relu(linear(2, kWide, fields[0], "first"));
    const Value middle = relu(linear(kWide, wide, first, "middle"));
    loss = cross_entropy(linear(wide, 2, middle, "head"), fields[1]);
  }

  Value loss;
};

std::shared_ptr<Experiment> wide_run(const std::string& kind = "SGD", const Given& options = {{"lr", 0.1}}) {
  auto run = std::make_shared<WideRun>();
  run->optimize(kind, run->loss, options);
  return run;
}

std::map<std::string, at::Tensor> state_of(const Experiment& run) {
  std::map<std::string, at::Tensor> state;
  for (const auto& optimizer : run.optimizers)
    for (const Updater::State& each : std::static_pointer_cast<Updater>(optimizer->execution())->state())
      state[each.key] = each.tensor.clone();
  return state;
}

/// A run whose large parameters are updated early ends with the bits of one whose updates wait.
void expect_alike(const std::function<std::shared_ptr<Experiment>()>& make, size_t early = 1) {
  const auto counted = make(), waiting = make(), updating = make();
  EXPECT_EQ(early_in_one_step(*counted), early);
  Looking looking;
  waiting->run(looking);
  updating->run();
  EXPECT_TRUE(bit_equal(updating->weights(), waiting->weights()));
  EXPECT_TRUE(bit_equal(state_of(*updating), state_of(*waiting)));
}

TEST(EarlyUpdatesTest, GiveTheBitsOfUpdatesThatWaitForEachOptimizer) {
  const std::vector<std::pair<const char*, Given>> optimizers = {
      {"SGD", {{"lr", 0.1}}},
      {"SGD", {{"lr", 0.1}, {"weight_decay", 0.01}, {"maximize", true}}},
      {"SGD", {{"lr", 0.1}, {"momentum", 0.9}, {"dampening", 0.5}}},
      {"SGD", {{"lr", 0.1}, {"momentum", 0.9}, {"nesterov", true}, {"weight_decay", 0.01}}},
      {"Adam", {{"lr", 0.01}}},
      {"Adam", {{"lr", 0.01}, {"amsgrad", true}, {"weight_decay", 0.1}, {"maximize", true}}},
      {"AdamW", {{"lr", 0.01}, {"weight_decay", 0.1}}},
      {"AdamW", {{"lr", 0.01}, {"amsgrad", true}}}};
  for (const auto& [kind, options] : optimizers) {
    SCOPED_TRACE(kind + std::to_string(options.size()));
    expect_alike([&, kind = kind, options = options] { return wide_run(kind, options); });
  }
}

TEST(EarlyUpdatesTest, AreOfParametersOf64KibibytesOrMore) {
  for (const auto& [wide, expected] : std::map<std::int64_t, size_t>{{kWide - 1, 0}, {kWide, 1}}) {
    WideRun run(wide);
    run.optimize("SGD", run.loss, {{"lr", 0.1}});
    EXPECT_EQ(early_in_one_step(run), expected) << wide;
  }
}

TEST(EarlyUpdatesTest, GiveTheSameBitsInDoublePrecision) {
  expect_alike([] {
    auto run = wide_run("AdamW", {{"lr", 0.01}});
    run->set("precision", std::string("64-true"));
    return run;
  });
}

TEST(EarlyUpdatesTest, GiveTheSameBitsWithSchedulesAndAveragedWeights) {
  expect_alike([] {
    auto run = wide_run("Adam");
    run->schedule("ExponentialLR", run->optimizers.front(), {{"gamma", 0.7}},
                  {{"interval", std::string("step")}});
    run->ask("ema", {{"decay", 0.9}});
    return run;
  });
}

TEST(EarlyUpdatesTest, GiveTheSameBitsInGroups) {
  expect_alike([] {
    auto run = std::make_shared<WideRun>();
    const OptimizerKind& kind = optimizer_kind("SGD");
    std::vector<ParameterGroup> groups = {
        {run->parameters("middle"), checked_attributes(kind.attributes, {{"lr", 0.3}, {"momentum", 0.5}})},
        {run->parameters("first"), checked_attributes(kind.attributes, {{"lr", 0.1}})},
        {run->parameters("head"), checked_attributes(kind.attributes, {{"lr", 0.2}, {"weight_decay", 0.1}})}};
    run->optimizers.push_back(std::make_shared<Optimizer>(kind, std::move(groups), run->loss, Origin{}));
    run->graph.attach(run->optimizers.back());
    run->graph.use({Use::Kind::loss, run->loss, {}});
    return run;
  });
}

TEST(EarlyUpdatesTest, GiveTheSameBitsWhereALayerIsUsedSeveralTimes) {
  expect_alike([] {
    auto run = std::make_shared<ShuffledPoints>();
    const LayerPtr shared =
        run->make("Linear", {{"in_features", whole(kWide)}, {"out_features", whole(kWide)}}, "shared");
    Value hidden = run->relu(run->linear(2, kWide, run->fields[0], "begin"));
    for (int i = 0; i < 3; ++i) {
      if (i == 1) hidden = transformed(*run, "cumsum", {hidden}, {{"dim", whole(1)}});
      hidden = transformed(*run, "tanh", {run->graph.apply(shared, {hidden}).at(0)});
    }
    const Value scores = run->linear(kWide, 2, hidden, "end");
    run->optimize("Adam", run->cross_entropy(scores, run->fields[1]), {{"lr", 0.01}});
    return run;
  });
}

TEST(EarlyUpdatesTest, GiveTheSameBitsInConvolutionsAndEmbeddings) {
  expect_alike(
      [] {
        auto run = std::make_shared<Experiment>(5);
        const at::Tensor x = at::arange(16 * 4).remainder(700).view({16, 4});
        const auto fields =
            run->feed(Experiment::data(x, at::arange(16).remainder(2), {{"batch", whole(8)}}));
        Value h = run->layer("Embedding", {{"num_embeddings", whole(700)}, {"embedding_dim", whole(36)}},
                             {fields[0]}, "words");
        h = transformed(*run, "reshape", {h}, {{"shape", Shape{-1, 16, 3, 3}}});
        h = run->layer("Conv2d",
                       {{"in_channels", whole(16)}, {"out_channels", whole(128)}, {"kernel_size", whole(3)}},
                       {h}, "conv");
        h = run->relu(transformed(*run, "flatten", {h}, {{"start_dim", whole(1)}}));
        run->optimize("SGD", run->cross_entropy(run->linear(kWide, 2, h, "head"), fields[1]),
                      {{"lr", 0.1}, {"momentum", 0.9}});
        run->set("epochs", whole(2));
        return run;
      },
      2);
}

TEST(EarlyUpdatesTest, LeaveFrozenParametersAlone) {
  expect_alike(
      [] {
        auto run = wide_run("Adam");
        freeze(*run, "middle");
        return run;
      },
      0);
}

// `looking`: all updates wait.
std::map<std::string, at::Tensor> unfrozen_after_a_while(bool looking) {
  struct Unfreezing : TrainingEvents {
    bool looks_before_update() const override { return looks; }
    void on_step(const StepReport& report) override {
      if (report.step == 3) freeze(*run, "middle", report.epoch == 2);
    }
    bool looks = false;
    Experiment* run = nullptr;
  } events;
  const auto run = wide_run("Adam");
  freeze(*run, "middle");
  events.looks = looking;
  events.run = run.get();
  run->run(events);
  return run->weights();
}

TEST(EarlyUpdatesTest, FollowWhatIsFrozenAndUnfrozenMeanwhile) {
  EXPECT_TRUE(bit_equal(unfrozen_after_a_while(false), unfrozen_after_a_while(true)));
}

TEST(EarlyUpdatesTest, GoOnFromACheckpointToTheSameBits) {
  const auto checkpointed = [](const std::string& folder) {
    auto run = wide_run("Adam");
    run->ask("checkpoint", {{"dirpath", folder}});
    return run;
  };
  const TemporaryFolder folder, other;
  const auto plain = checkpointed(other.path()), stopped = checkpointed(folder.path()),
             resumed = checkpointed(folder.path());
  plain->run();
  Watcher watcher(stopped->runtime, Watcher::At::step, 7);
  error_of(Fault::terminated, [&] { stopped->run(watcher); });
  resumed->set("resume", std::string("last"));
  Looking looking;
  resumed->run(looking);
  EXPECT_TRUE(bit_equal(resumed->weights(), plain->weights()));
}

struct Refusal {
  std::function<void(Experiment&)> ask;
  std::string why;
};

TEST(EarlyUpdatesTest, WaitForThoseWhoSeeAllGradientsAndSayWhy) {
  const std::vector<Refusal> refusals = {
      {[](Experiment& run) { run.set("accumulate_grad_batches", whole(2)); },
       "accumulate_grad_batches sums up gradients of several batches"},
      {[](Experiment& run) { run.set("gradient_clip_val", 1.0); }, "gradient_clip_val needs all gradients"},
      {[](Experiment& run) {
         run.ask("gradient_noise", {{"eta", 1.0}});
       },
       "gradient_noise is drawn for all gradients"},
      {[](Experiment& run) { run.ask("log_gradients", {}); }, "log_gradients looks at all gradients"}};
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.why);
    const auto run = wide_run();
    refusal.ask(*run);
    EXPECT_EQ(why_updates_wait(run->manager()), refusal.why);
    EXPECT_EQ(early_in_one_step(*run), 0u);
  }
}

TEST(EarlyUpdatesTest, DoNotWaitForWhatLooksAtWeightsOnlyOrClipsNothing) {
  const auto run = wide_run();
  run->ask("log_weights", {});
  run->set("gradient_clip_val", 0.0);
  EXPECT_EQ(why_updates_wait(run->manager()), "");
  EXPECT_EQ(early_in_one_step(*run), 1u);
}

TEST(EarlyUpdatesTest, AreMadeByOptimizersWhoseKernelTakesOneTensor) {
  for (const char* kind : {"RMSprop", "Adagrad", "LBFGS"}) {
    const auto run = wide_run(kind, {});
    EXPECT_EQ(why_updates_wait(run->manager()), std::string(kind) + " takes all gradients together");
    EXPECT_EQ(early_in_one_step(*run), 0u) << kind;
  }
}

TEST(EarlyUpdatesTest, WaitWhereSeveralOptimizersHaveALoss) {
  WideRun run;
  run.optimize("SGD", run.loss, {{"lr", 0.1}}, "middle");
  run.optimize("SGD", run.loss, {{"lr", 0.1}}, "head");
  EXPECT_EQ(why_updates_wait(run.manager()), "several optimizers share a forward pass");
  EXPECT_EQ(early_in_one_step(run), 0u);
}

TEST(EarlyUpdatesTest, NeedThePlan) {
  for (const auto& [option, value] : Given{{"engine", std::string("autograd")},
                                           {"detect_nan", true},
                                           {"precision", std::string("bf16-mixed")}}) {
    const auto run = wide_run();
    run->set(option, value);
    EXPECT_EQ(early_in_one_step(*run), 0u) << option;
  }
}

TEST(EarlyUpdatesTest, WaitForListenersThatLookBeforeTheUpdate) {
  const auto looked_at = wide_run(), other = wide_run();
  Looking looking;
  TrainingEvents quiet;
  EXPECT_EQ(early_in_one_step(*looked_at, &looking), 0u);
  EXPECT_EQ(early_in_one_step(*other, &quiet), 1u);
}

TEST(EarlyUpdatesTest, DoNotHappenWhereTheLossIsNotFinite) {
  WideRun run;
  const Value spoiled =
      transformed(run, "log", {transformed(run, "neg", {transformed(run, "abs", {run.loss})})});
  run.optimize("SGD", spoiled, {{"lr", 0.1}});
  run.manager();
  const auto before = run.weights();
  EXPECT_THAT(error_of(Fault::diverged, [&] { run.run(); }), HasSubstr("became NaN in epoch 1, step 1"));
  EXPECT_TRUE(bit_equal(run.weights(), before));
}

/// A net in whose middle a derivative fails, or asks for memory.
struct Broken : Experiment {
  explicit Broken(const std::string& folder) : Experiment(3) {
    Descriptor broken;
    broken.name = "broken";
    broken.category = Category::own;
    broken.doc = "Changes what it has kept.";
    broken.inputs = {{.name = "input", .doc = "any"}};
    broken.shape = [](ShapeContext& context) -> std::vector<TensorType> { return {context.input(0)}; };
    add_operation(runtime, broken, [](const KernelContext& k) -> std::vector<at::Tensor> {
      at::Tensor kept = k.input().sin();
      const at::Tensor result = kept * kept;
      kept.add_(1);
      return {result};
    });
    auto [x, y] = separable(16);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}}));
    const Descriptor& descriptor = operations(runtime).get("broken");
    const Value first = linear(2, kWide, fields[0], "first");
    const Value cut = graph.apply(descriptor, Attributes(descriptor.attributes), {first}).at(0);
    const Value middle = relu(linear(kWide, kWide, cut, "middle"));
    optimize("SGD", cross_entropy(linear(kWide, 2, middle, "head"), fields[1]), {{"lr", 0.1}});
    ask("checkpoint", {{"dirpath", folder}});
    set("skip_passes", std::string("fold_updates"));
  }
};

TEST(EarlyUpdatesTest, AnErrorBehindThemSaysHowManyWereMadeAndNothingIsWritten) {
  const TemporaryFolder folder;
  Broken run(folder.path() + "/kept");
  const std::string told = error_of(Fault::run, [&] { run.run(); });
  EXPECT_THAT(told,
              AllOf(HasSubstr("the derivative of broken (broken) failed"),
                    HasSubstr("; 1 of the 6 parameters had been updated by this step, the others had not"),
                    HasSubstr("Go on from weights saved before.")));
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path()))
    EXPECT_NE(file.path().extension(), ".safetensors") << file.path();
}

TEST(EarlyUpdatesTest, AnErrorBeforeThemIsToldAsEver) {
  const TemporaryFolder folder;
  Broken run(folder.path() + "/kept");
  freeze(run, "middle");
  EXPECT_THAT(error_of(Fault::run, [&] { run.run(); }), Not(HasSubstr("had been updated")));
}

/// Two steps of a net with ATen's operations before and behind its large weight.
struct TwoSteps {
  TwoSteps() {
    const Value first = run.linear(2, kWide, run.fields[0], "begin");
    const Value cut = transformed(run, "cumsum", {first}, {{"dim", whole(1)}});
    const Value large = run.linear(kWide, kWide, cut, "large");
    const Value scores =
        run.linear(kWide, 2, transformed(run, "cumsum", {large}, {{"dim", whole(1)}}), "end");
    run.optimize("SGD", run.cross_entropy(scores, run.fields[1]), {{"lr", 0.01}, {"momentum", 0.9}});
    run.set("profile", std::string("off"));
    step = std::make_unique<TrainingStep>(engine, run.graph, run.manager(), at::kCPU, false);
    step->set_release([this] { ++released; });
  }
  void make(FailingAllocator& allocator, int nth, bool ever_after) {
    const Engine::Turn turn(engine);
    engine.set_threads(1);
    Loader loader = make_loader(*run.train, 1, at::kCPU);
    loader.begin(1);
    const auto first = loader.next(), second = loader.next();
    step->update(step->forward(*first), *first, false);
    allocator.fail_at(nth, ever_after);
    step->update(step->forward(*second), *second, true);
    allocator.recover();
  }
  ShuffledPoints run;
  Engine& engine = Engine::of(run.runtime);
  std::unique_ptr<TrainingStep> step;
  int released = 0;
};

/// The message with which the second step fails when its nth allocation does, and all behind it; empty: it
/// has fewer.
std::string told_without_memory(TwoSteps& steps, int nth) {
  FailingAllocator allocator;
  std::string told;
  try {
    steps.make(allocator, nth, true);
  } catch (const Error& error) {
    allocator.recover();
    EXPECT_EQ(error.fault(), Fault::memory);
    told = error.message();
  }
  EXPECT_EQ(told.empty(), !allocator.failed());
  return told;
}

TEST(EarlyUpdatesTest, WithoutMemoryForASecondAttemptTheErrorSaysHowManyWereMade) {
  int halfway = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    TwoSteps steps;
    const std::string told = told_without_memory(steps, nth);
    if (told.empty()) break;
    EXPECT_THAT(told, HasSubstr("are available, also after"));
    if (told.find("had been updated by this step") == std::string::npos) continue;
    ++halfway;
    EXPECT_THAT(told, HasSubstr("; 1 of the 6 parameters"));
    EXPECT_EQ(told.find("are available"), told.rfind("are available"));
    // Once for each of the two failures.
    EXPECT_EQ(steps.released, 2);
  }
  EXPECT_GT(halfway, 2);
}

}  // namespace
}  // namespace orrery
