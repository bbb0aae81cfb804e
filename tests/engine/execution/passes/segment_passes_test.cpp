#include <gmock/gmock.h>

#include "tests/engine/execution/passes/passed_plans.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Linear with relu behind it, and relu before a max-pool.
struct SegmentNet {
  explicit SegmentNet(PlanPass left_out) {
    const Dim n = Dim::symbol("N");
    const Value x = b.graph.input({{{"x", {{n, 2, 6}, DType::float64}, false}}, {}, "{}"}, b.next_line())[0];
    const LayerPtr fc = b.layer(
        "Linear",
        {{"in_features", std::int64_t{6}}, {"out_features", std::int64_t{6}}, {"dtype", DType::float64}});
    Value h = b.transform("relu", {b.apply(fc, {x})});
    h = b.transform("reshape", {h}, {{"shape", Shape{-1, 2, 2, 3}}});
    h = b.apply("MaxPool2d", {{"kernel_size", std::int64_t{2}}},
                {b.transform("relu", {b.transform("sin", {h})})});
    plans = std::make_unique<PassedPlans>(b, Objective{b.transform("mean", {h}), fc->parameters()}, left_out);
  }

  static Batch rows() { return {{"x", (at::arange(36, at::kDouble) * 0.7).sin().view({3, 2, 6})}}; }

  // Whose instructions compute the first two steps of each segment: with all passes, or without the one.
  std::vector<std::pair<size_t, size_t>> computed_by(bool with) {
    Executor& executor = *plans->executors[{with, true}];
    const auto losses = executor.forward(rows(), kTrain);
    std::vector<std::pair<size_t, size_t>> by;
    if (const LoweredPlan* lowered = executor.tape()->lowered())
      for (const auto& segment : lowered->segments())
        by.emplace_back(segment->computed_by(0), segment->computed_by(1));
    executor.backward(losses, 1);
    return by;
  }

  Builder b{"segments"};
  std::unique_ptr<PassedPlans> plans;
};

TEST(SegmentPassesTest, ResultsAndGradientsAreTheSameWithoutEach) {
  for (const PlanPass pass :
       {PlanPass::lowering, PlanPass::fuse_activations, PlanPass::relu_after_max_pool}) {
    SCOPED_TRACE(name(pass));
    SegmentNet(pass).plans->expect_alike(SegmentNet::rows());
  }
}

// Linear and relu, then relu and max-pool.
TEST(SegmentPassesTest, EachTakesItsOwnStepsTogether) {
  const std::pair<size_t, size_t> first(0, 0), second(1, 1), apart(0, 1);
  SegmentNet fused(PlanPass::fuse_activations);
  EXPECT_THAT(fused.computed_by(true), ElementsAre(first, second));
  EXPECT_THAT(fused.computed_by(false), ElementsAre(apart, second));
  SegmentNet pooled(PlanPass::relu_after_max_pool);
  EXPECT_THAT(pooled.computed_by(false), ElementsAre(first, apart));
  SegmentNet lowered(PlanPass::lowering);
  EXPECT_THAT(lowered.computed_by(false), IsEmpty());
}

}  // namespace
}  // namespace orrery
