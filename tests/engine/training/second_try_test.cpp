// Steps for which memory was missing.
#include "runtime/engine/training/second_try.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/block_bytes.h"
#include "tests/engine/training/experiment.h"
#include "tests/engine/training/failing_allocator.h"
#include "tests/engine/training/stepped_by_hand.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using ::testing::AllOf;
using testing::Experiment;
using testing::FailingAllocator;
using testing::Given;
using ::testing::HasSubstr;
using testing::transformed;
using testing::whole;

/// Dropout, batch statistics and a label: all that a step changes before its update.
struct Steps : Experiment {
  Steps() {
    auto [x, y] = separable(16);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}}));
    Value hidden = layer("BatchNorm1d", {{"num_features", whole(8)}}, {linear(2, 8, fields[0], "first")});
    hidden = layer("Dropout", {{"p", 0.5}}, {relu(hidden)});
    loss = cross_entropy(linear(8, 2, hidden, "second"), fields[1]);
    optimize("SGD", loss, {{"lr", 0.1}, {"momentum", 0.9}});
    set("profile", std::string("off"));
    // Own kernels allocate too little to fail.
    set("skip_passes", std::string("lowering"));
  }

  Value loss;
};

/// Counts what callbacks are told of backward passes.
struct BackwardTold : TrainingEvents {
  void before_backward(const std::vector<at::Tensor>&) override { ++before; }
  void after_backward() override { ++after; }
  bool looks_before_update() const override { return true; }
  int before = 0, after = 0;
};

/// Two steps; the allocator fails within forward and backward of the second.
struct SecondStep {
  Steps steps;
  Engine& engine = Engine::of(steps.runtime);
  TrainingStep step{engine, steps.graph, steps.manager(), at::kCPU, false};
  BackwardTold told;
  int released = 0;

  SecondStep() {
    step.set_events(&told);
    step.set_release([this] { ++released; });
  }

  void run(FailingAllocator& allocator, int nth, bool ever_after = false) {
    const Engine::Turn turn(engine);
    engine.set_threads(1);
    Loader loader = make_loader(*steps.train, 1, at::kCPU);
    loader.begin(1);
    const auto first = loader.next();
    step.update(step.forward(*first), *first, false);
    const auto second = loader.next();
    allocator.fail_at(nth, ever_after);
    auto values = step.forward(*second);
    if (!allocator.failed()) allocations_forward = nth;
    step.update(std::move(values), *second, true);
    allocator.recover();
  }

  int allocations_forward = 0;  ///< the last nth that did not fail in the forward pass
};

std::map<std::string, at::Tensor> undisturbed() {
  FailingAllocator allocator;
  SecondStep run;
  run.run(allocator, 0);
  EXPECT_EQ(run.released, 0);
  return run.steps.weights();
}

TEST(SecondTryTest, AStepThatFailedAtAnyAllocationOfItsPassesEndsWithTheSameBits) {
  const auto expected = undisturbed();
  int in_backward = 0, nth = 1;
  for (;; ++nth) {
    SCOPED_TRACE(nth);
    FailingAllocator allocator;
    SecondStep run;
    run.run(allocator, nth);
    if (!allocator.failed()) break;
    EXPECT_EQ(run.released, 1);
    EXPECT_TRUE(testing::bit_equal(run.steps.weights(), expected));
    EXPECT_EQ(run.told.before, 2);
    EXPECT_EQ(run.told.after, 2);
    in_backward += run.allocations_forward == nth;
  }
  EXPECT_GT(nth, 15);
  EXPECT_GT(in_backward, 5);
}

/// The first step of a net in whose backward pass one weight is updated early, and much follows: sums of
/// gradients, derivatives of ATen, a derivative under autograd, a recomputed block, segments.
struct FirstStep : Experiment {
  FirstStep(const std::string& kind, const Given& options) {
    constexpr std::int64_t kWide = 128;  // 64 KiB of weights
    auto [x, y] = separable(8);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}}));
    Value hidden =
        layer("BatchNorm1d", {{"num_features", whole(kWide)}}, {linear(2, kWide, fields[0], "first")});
    hidden = layer("Dropout", {{"p", 0.5}}, {relu(hidden)});
    Block& block = graph.begin_block("again", {});
    hidden = transformed(*this, "add",
                         {transformed(*this, "cumsum", {hidden}, {{"dim", whole(1)}}), relu(hidden)});
    graph.end_block();
    block.set_recomputes(true);
    hidden = transformed(*this, "add", {transformed(*this, "cumsum", {hidden}, {{"dim", whole(1)}}), hidden});
    const LayerPtr scaled = make("Linear", {{"in_features", whole(kWide)}, {"out_features", whole(kWide)}});
    scaled->name_by_user("middle");
    const Value middle = graph.apply(scaled, {hidden}).at(0);
    loss = cross_entropy(linear(kWide, 2, transformed(*this, "tanh", {middle}), "last"), fields[1]);
    optimize(kind, loss, options);
    set("profile", std::string("off"));
  }
  /// The nth allocation of the step fails; 0: none.
  void run(FailingAllocator& allocator, int nth) {
    Engine& engine = Engine::of(runtime);
    TrainingStep step(engine, graph, manager(), at::kCPU, false);
    step.set_release([&] {
      ++released;
      released_in_midst += step.early_updates() > 0;
    });
    const Engine::Turn turn(engine);
    engine.set_threads(1);
    Loader loader = make_loader(*train, 1, at::kCPU);
    loader.begin(1);
    const auto batch = loader.next();
    allocator.fail_at(nth);
    step.update(step.forward(*batch), *batch, true);
    allocator.recover();
    early = step.early_updates();
  }

  /// Weights, buffers, and what the optimizer keeps.
  std::map<std::string, at::Tensor> all() {
    auto found = weights();
    const auto updater = std::static_pointer_cast<Updater>(optimizers.front()->execution());
    for (const Updater::State& state : updater->state()) found[state.key] = state.tensor.clone();
    return found;
  }

  Value loss;
  size_t early = 0;
  int released = 0, released_in_midst = 0;
};

TEST(SecondTryTest, AnyCallForWhichMemoryWasMissingIsDoneAgainAlsoBehindAnUpdate) {
  const std::vector<std::pair<const char*, Given>> optimizers = {
      {"SGD", {{"lr", 0.01}, {"momentum", 0.9}}}, {"SGD", {{"lr", 0.01}}}, {"AdamW", {{"lr", 0.01}}}};
  for (const auto& [kind, options] : optimizers) {
    FailingAllocator none;
    FirstStep undisturbed(kind, options);
    undisturbed.run(none, 0);
    ASSERT_GT(undisturbed.early, 0u);
    const auto expected = undisturbed.all();
    int in_midst = 0, nth = 1;
    for (;; ++nth) {
      SCOPED_TRACE(kind + std::to_string(nth));
      FailingAllocator allocator;
      FirstStep failing(kind, options);
      failing.run(allocator, nth);
      if (!allocator.failed()) break;
      EXPECT_EQ(failing.released, 1);
      EXPECT_TRUE(testing::bit_equal(failing.all(), expected));
      in_midst += failing.released_in_midst;
    }
    EXPECT_GT(nth, 30) << kind;
    EXPECT_GT(in_midst, 10) << kind;
  }
}

TEST(SecondTryTest, ASecondFailureTellsSizesAndTheBiggestBlocks) {
  FailingAllocator allocator;
  SecondStep run;
  std::string remedy, message;
  try {
    run.run(allocator, 10, true);
    FAIL() << "a step went on without memory";
  } catch (const Error& error) {
    allocator.recover();
    EXPECT_EQ(error.fault(), Fault::memory);
    message = error.message();
    remedy = error.remedy();
  }
  EXPECT_EQ(run.released, 1);
  EXPECT_THAT(message, AllOf(HasSubstr("you tried to allocate"), HasSubstr("are available, also after")));
  EXPECT_THAT(remedy, AllOf(HasSubstr("The most is taken by "), HasSubstr("first ("), HasSubstr("of outputs"),
                            HasSubstr("Use a smaller batch; accumulate_grad_batches makes up for it.")));
}

TEST(SecondTryTest, OtherFailuresAreNotTriedAgain) {
  Steps steps;
  Executor executor(Engine::of(steps.runtime), steps.graph, {steps.loss});
  const SecondTry twice(executor);
  int attempts = 0;
  const auto failing = [&]() -> int {
    ++attempts;
    throw Error(Fault::run, "no");
  };
  EXPECT_EQ(error_of(Fault::run, [&] { twice(failing, [] {}); }), "no");
  EXPECT_EQ(attempts, 1);
}

TEST(BlockBytesTest, CountsOutputsAndParametersOfEachTheLargestFirst) {
  Steps steps;
  steps.manager();
  Executor executor(Engine::of(steps.runtime), steps.graph, {steps.loss});
  const at::Tensor x = at::zeros({4, 2}), y = at::zeros({4}, at::kLong);
  executor.forward({{"x", x}, {"y", y}}, {.training = true, .gradients = true});
  const auto blocks = block_bytes(executor.plan(true), executor.symbols());
  // Four vectors and a count of batches.
  EXPECT_EQ(blocks[0].path, "batch_norm1d");
  EXPECT_EQ(blocks[0].outputs, 4 * 8 * 4);
  EXPECT_EQ(blocks[0].parameters, 4 * 8 * 4 + 8);
  EXPECT_EQ(blocks[1].path, "first");
  EXPECT_EQ(blocks[1].outputs, 4 * 8 * 4);
  EXPECT_EQ(blocks[1].parameters, (2 * 8 + 8) * 4);
}

}  // namespace
}  // namespace orrery
