#include "runtime/engine/profile/recorder.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/engine/profile/recorded_net.h"

namespace orrery {
namespace {

TEST(RecorderTest, AnEpochEndsWithItsRecords) {
  SmallNet net;
  net.step(5);
  net.step(5);
  EXPECT_EQ(find(net.recorder->take_epoch(), "body", Quantity::tmu_bytes)->count, 2);
  EXPECT_TRUE(net.recorder->take_epoch().empty());
  net.step(5);
  EXPECT_EQ(find(net.recorder->take_epoch(), "body", Quantity::tmu_bytes)->count, 1);
}

TEST(RecorderTest, WithoutABackwardPassNothingIsSaidAboutGradients) {
  SmallNet net;
  net.executor->forward({{"x", at::ones({2, 3})}}, kTrain);
  const auto records = net.recorder->take_epoch();
  EXPECT_NE(find(records, "body", Quantity::forward_seconds), nullptr);
  EXPECT_EQ(find(records, "body", Quantity::backward_seconds), nullptr);
  EXPECT_EQ(find(records, "body", Quantity::tgu_bytes), nullptr);
  EXPECT_EQ(find(records, "body", Quantity::device_seconds), nullptr);
}

TEST(RecorderTest, AFailedStepLeavesNoTrace) {
  SmallNet net;
  net.b.runtime.stop = 2;
  EXPECT_THROW(net.step(5), Stopped);
  net.b.runtime.stop = 0;
  EXPECT_TRUE(net.recorder->take_epoch().empty());
  net.step(5);
  EXPECT_EQ(find(net.recorder->take_epoch(), "head", Quantity::tmu_bytes)->count, 1);
}

TEST(RecorderTest, ABackwardPassAfterTheRecorderIsGoneIsHarmless) {
  SmallNet net;
  const at::Tensor out = net.executor->forward({{"x", at::ones({2, 3})}}, kTrain)[0];
  net.executor->set_sink(nullptr);
  net.recorder.reset();
  EXPECT_NO_THROW(net.executor->backward({{out, net.first->parameters()}}));
}

TEST(RecorderTest, RecordingChangesNoResult) {
  const auto run = [](bool recorded) {
    SmallNet net;
    for (const LayerPtr& layer : {net.first, net.second}) {
      for (const ParameterPtr& p : layer->parameters())
        Engine::of(net.b.runtime)
            .assign(p, at::arange(numel(p->shape).value(), at::kFloat).view(values(p->shape)) / 10);
    }
    if (!recorded) net.executor->set_sink(nullptr);
    const at::Tensor out = net.executor->forward({{"x", at::ones({4, 3})}}, kTrain)[0];
    return net.executor->backward({{out, net.first->parameters()}})[0][0];
  };
  EXPECT_TRUE(at::equal(run(true), run(false)));
}

TEST(RecorderTest, CallsOfLibTorchStandUnderTheirNodeAndAddUpToItsTime) {
  SmallNet net({ProfileLevel::kernel});
  for (int i = 0; i < 3; ++i) net.step(5);
  const auto calls = net.recorder->take_kernels();
  const auto nodes = net.recorder->nodes();
  const auto of = [&](const std::string& node, StepPart part) {
    double sum = 0;
    for (const KernelProfileRecord& call : calls)
      if (call.node == node && call.part == part) sum += call.sum;
    return sum;
  };
  EXPECT_TRUE(std::ranges::any_of(calls, [](const KernelProfileRecord& call) {
    return call.node == "body/linear" && call.part == StepPart::forward && call.kernel == "aten::addmm" &&
           call.count == 3 && call.device == "cpu";
  }));
  const auto linear = std::ranges::find(nodes, "body/linear", &NodeProfile::path);
  ASSERT_NE(linear, nodes.end());
  EXPECT_NEAR(of("body/linear", StepPart::forward) /
                  find(linear->quantities, "body/linear", Quantity::forward_seconds)->sum,
              1, 0.05);
  EXPECT_TRUE(net.recorder->take_kernels().empty());
}

// A run within another's callback, which may end the other.
TEST(RecorderTest, TheLatestOfSeveralHearsEachCallOnceWhoeverEndsFirst) {
  const auto products = [](SmallNet& net) {
    std::int64_t count = 0;
    for (const KernelProfileRecord& call : net.recorder->take_kernels())
      if (call.node == "body/linear" && call.part == StepPart::forward && call.kernel == "aten::addmm")
        count += call.count;
    return count;
  };
  SmallNet outer({ProfileLevel::kernel}), inner({ProfileLevel::kernel});
  inner.step(5);
  EXPECT_EQ(products(inner), 1);
  EXPECT_TRUE(outer.recorder->take_kernels().empty());
  outer.executor->set_sink(nullptr);
  outer.recorder.reset();
  inner.step(5);
  EXPECT_EQ(products(inner), 1);
}

TEST(RecorderTest, NobodyListensToLibTorchButAtTheLevelOfKernels) {
  SmallNet net;
  net.step(5);
  EXPECT_TRUE(net.recorder->take_kernels().empty());
}

TEST(RecorderTest, ThePassesAreStepsPartsAndTheRestIsOther) {
  SmallNet net({ProfileLevel::step, 1, 1});
  net.recorder->mark();
  net.recorder->begin_run_step(1);
  net.step(5);
  net.recorder->end_run_step();
  const auto parts = net.recorder->take_parts();
  const auto sum = [&](StepPart part) {
    const auto found = std::ranges::find(parts, part, &PartProfileRecord::part);
    return found == parts.end() ? 0.0 : found->sum;
  };
  double all = 0;
  for (const PartProfileRecord& part : parts)
    if (part.part != StepPart::step) all += part.sum;
  EXPECT_GT(sum(StepPart::forward), 0);
  EXPECT_GT(sum(StepPart::backward), 0);
  EXPECT_GT(sum(StepPart::copy), 0);
  EXPECT_GT(sum(StepPart::other), 0);
  EXPECT_NEAR(all, sum(StepPart::step), 1e-12);
  const auto spans = net.recorder->take_spans();
  EXPECT_TRUE(std::ranges::any_of(spans, [](const StepSpanRecord& span) {
    return span.node == "body/relu" && span.part == StepPart::forward && span.step == 1;
  }));
  EXPECT_TRUE(std::ranges::any_of(spans, [](const StepSpanRecord& span) {
    return span.node == "head/linear" && span.part == StepPart::backward;
  }));
}

}  // namespace
}  // namespace orrery
