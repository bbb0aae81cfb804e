#include "runtime/engine/training/step_explanation.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::bit_equal;
using testing::Experiment;
using ::testing::HasSubstr;
using testing::SmallRun;
using testing::whole;

// Of everything that a step changes: buffers, random numbers, shuffled data.
struct ChangingRun : Experiment {
  ChangingRun() {
    auto [x, y] = separable(40);
    const auto fields = feed(data(x, y, {{"batch", whole(8)}, {"shuffle", true}}));
    Value hidden = layer("BatchNorm1d", {{"num_features", whole(8)}}, {linear(2, 8, fields[0], "first")});
    hidden = layer("Dropout", {{"p", 0.25}}, {relu(hidden)});
    optimize("Adam", cross_entropy(linear(8, 2, hidden, "second"), fields[1]), {{"lr", 0.05}});
  }
};

StepExplanation explained(Experiment& experiment, bool by_hand = false) {
  const Manager& manager = experiment.manager();
  return explain_step(experiment.runtime, experiment.graph, manager, by_hand);
}

StepExplanation explained_with(const testing::Given& options) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.05}});
  for (const auto& [name, value] : options) small.set(name, value);
  return explained(small);
}

TEST(StepExplanationTest, HasThePlanAndWhatBothEnginesCost) {
  const StepExplanation found = explained_with({});
  EXPECT_TRUE(found.planned);
  EXPECT_EQ(found.why_not, "");
  ASSERT_TRUE(found.plan.has_value());
  for (const StepCost& cost : {found.autograd, *found.plan}) {
    EXPECT_GT(cost.seconds, 0);
    EXPECT_GT(cost.peak_bytes, 0);
  }
  EXPECT_GT(found.autograd.allocations, 0);
  EXPECT_LT(found.plan->allocations, found.autograd.allocations);
  EXPECT_GE(found.repetitions, 3);
  EXPECT_EQ(found.threads, 1);
  EXPECT_EQ(found.device, "cpu");
  EXPECT_EQ(found.samples, 8);
  EXPECT_FALSE(found.steps.rows.empty());
}

TEST(StepExplanationTest, CountsThePlansArenaOnce) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.05}});
  const StepExplanation found = explained(small);
  std::int64_t arena = 0, gradients = 0;
  for (const PlanReport::SegmentRow& segment : found.steps.segments) arena += segment.arena_bytes;
  for (const auto& [key, tensor] : small.weights()) gradients += static_cast<std::int64_t>(tensor.nbytes());
  ASSERT_GT(arena, 0);
  EXPECT_GE(found.plan->peak_bytes, arena);
  EXPECT_LT(found.plan->peak_bytes, 2 * arena + gradients);
}

TEST(StepExplanationTest, LeavesWeightsAndBuffersAsTheyWere) {
  ChangingRun run;
  run.manager();
  const auto before = run.weights();
  explained(run);
  EXPECT_TRUE(bit_equal(run.weights(), before));
}

TEST(StepExplanationTest, ARunAfterItIsTheRunWithoutIt) {
  ChangingRun plain, looked_at;
  plain.run();
  explained(looked_at);
  looked_at.run();
  EXPECT_TRUE(bit_equal(plain.weights(), looked_at.weights()));
}

TEST(StepExplanationTest, MeasuresEachPassThatDidSomethingWhenItIsAsked) {
  ChangingRun plain, measured;
  const StepExplanation told = explained(plain);
  measured.manager();
  const auto before = measured.weights();
  const StepExplanation found =
      explain_step(measured.runtime, measured.graph, measured.manager(), false, true);
  EXPECT_TRUE(bit_equal(measured.weights(), before));
  ASSERT_EQ(found.passes.size(), plan_passes().size());
  for (size_t i = 0; i < found.passes.size(); ++i) {
    EXPECT_EQ(told.passes[i].seconds, 0);
    EXPECT_EQ(found.passes[i].seconds > 0, !found.passes[i].report.nodes.empty());
    EXPECT_EQ(found.passes[i].seconds_without > 0, !found.passes[i].report.nodes.empty());
  }
  // Linear and the batch normalisation behind it, in evaluation.
  EXPECT_EQ(found.passes[2].report.pass, PlanPass::fold_batch_norm);
  EXPECT_EQ(found.passes[2].report.nodes.size(), 1U);
}

TEST(StepExplanationTest, TellsOfPassesThatAreLeftOut) {
  const StepExplanation found = explained_with({{"skip_passes", "lowering"}});
  for (const PassGain& gain : found.passes)
    EXPECT_EQ(gain.report.off, gain.report.pass == PlanPass::lowering);
  EXPECT_TRUE(found.steps.segments.empty());
}

TEST(StepExplanationTest, TellsWhyAutogradIsUsed) {
  const StepExplanation asked = explained_with({{"engine", "autograd"}});
  EXPECT_FALSE(asked.planned);
  EXPECT_EQ(asked.why_not, "autograd was asked for");
  EXPECT_TRUE(asked.plan.has_value()) << "to compare with";
  EXPECT_TRUE(asked.steps.segments.empty());
  const StepExplanation mixed = explained_with({{"precision", "bf16-mixed"}});
  EXPECT_EQ(mixed.why_not, "mixed precision casts within operations");
  EXPECT_FALSE(mixed.plan.has_value());
}

TEST(StepExplanationTest, TellsWhyThereAreNoOwnKernels) {
  const StepExplanation watched = explained_with({{"detect_nan", true}});
  EXPECT_TRUE(watched.planned);
  EXPECT_EQ(watched.unlowered, "detect_nan looks at every value");
  EXPECT_EQ(watched.updates_wait, "detect_nan looks at all gradients");
  EXPECT_TRUE(watched.steps.segments.empty());
  EXPECT_EQ(explained_with({}).unlowered, "");
}

TEST(StepExplanationTest, APlanThatCannotBeHadIsRefusedAsTheRunRefusesIt) {
  const std::string message = error_of(Fault::usage, [] {
    explained_with({{"engine", "plan"}, {"precision", "bf16-mixed"}});
  });
  EXPECT_THAT(message, HasSubstr("engine = \"plan\" cannot train graph 'experiment': mixed precision"));
}

TEST(StepExplanationTest, ALoopByHandIsRecorded) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.05}});
  EXPECT_EQ(explained(small, true).why_not, "a loop by hand asks for gradients itself");
}

// Two layers, of which the first has a weight of 256 KiB.
StepExplanation explained_wide(const testing::Given& options, const std::string& optimizer = "SGD") {
  Experiment run(1);
  auto [x, y] = Experiment::separable(16);
  const auto fields = run.feed(Experiment::data(x, y, {{"batch", whole(8)}}));
  const Value h = run.relu(run.linear(256, 256, run.linear(2, 256, fields[0], "first"), "wide"));
  run.optimize(optimizer, run.cross_entropy(run.linear(256, 2, h, "last"), fields[1]), {{"lr", 0.1}});
  for (const auto& [name, value] : options) run.set(name, value);
  run.manager();
  const auto before = run.weights();
  StepExplanation found = explained(run);
  EXPECT_TRUE(bit_equal(run.weights(), before));
  return found;
}

TEST(StepExplanationTest, TellsWhatIsUpdatedWithinTheBackwardPassAndTheMemoryThatIsSaved) {
  const StepExplanation within = explained_wide({{"skip_passes", std::string("fold_updates")}}),
                        folded = explained_wide({}), behind = explained_wide({{"gradient_clip_val", 1.0}});
  EXPECT_EQ(within.updates_wait, "");
  EXPECT_EQ(within.parameters, 6u);
  EXPECT_EQ(within.steps.updated.count, 1u);
  EXPECT_EQ(within.steps.updated.bytes, 256 * 256 * 4);
  EXPECT_EQ(behind.updates_wait, "gradient_clip_val needs all gradients");
  EXPECT_EQ(behind.steps.updated.count, 0u);
  EXPECT_LE(within.plan->peak_bytes, behind.plan->peak_bytes);
  EXPECT_EQ(folded.steps.updated.count, 6u);
  EXPECT_EQ(folded.steps.updated.folded, 3u);
  EXPECT_LT(folded.plan->peak_bytes, within.plan->peak_bytes - 256 * 256 * 4 / 2);
}

TEST(StepExplanationTest, TellsWhyUpdatesWait) {
  EXPECT_EQ(explained_wide({}, "RMSprop").updates_wait, "RMSprop takes all gradients together");
  EXPECT_EQ(explained_wide({{"engine", "autograd"}}).updates_wait,
            "only the plan knows when a gradient is complete");
}

TEST(StepExplanationTest, NeedsALoss) {
  SmallRun small;
  small.optimizers.push_back(std::make_shared<Optimizer>(
      optimizer_kind("SGD"),
      std::vector<ParameterGroup>{
          {small.parameters(), checked_attributes(optimizer_kind("SGD").attributes, {{"lr", 0.1}})}},
      Value(), Origin{}));
  small.graph.attach(small.optimizers.back());
  small.graph.use({Use::Kind::output, small.loss, "loss"});
  const std::string message = error_of(Fault::usage, [&] { explained(small); });
  EXPECT_THAT(message, HasSubstr("no optimizer of the manager has a loss, so there is no step to explain"));
  EXPECT_THAT(message, HasSubstr("Give the optimizer its loss: optim.SGD(…, { loss = loss })."));
}

}  // namespace
}  // namespace orrery
