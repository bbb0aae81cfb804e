#include "runtime/engine/training/gradient_accumulation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::SmallRun;
using testing::whole;

std::map<std::string, at::Tensor> trained(std::int64_t batch, std::int64_t accumulated,
                                          std::int64_t samples = 40) {
  testing::Experiment run;
  auto [x, y] = testing::Experiment::separable(samples);
  const auto fields = run.feed(testing::Experiment::data(x, y, {{"batch", batch}}));
  run.optimize("SGD", run.cross_entropy(run.linear(2, 2, fields[0], "only"), fields[1]), {{"lr", 0.1}});
  run.set("accumulate_grad_batches", accumulated);
  run.set("epochs", whole(3));
  run.run();
  return run.weights();
}

TEST(GradientAccumulationTest, TwoHalfBatchesMakeTheUpdateOfAWholeOne) {
  const auto whole_ones = trained(8, 1), halves = trained(4, 2), apart = trained(4, 1);
  for (const auto& [key, tensor] : whole_ones) {
    EXPECT_TRUE(at::allclose(halves.at(key), tensor, 1e-5, 1e-7)) << key;
    EXPECT_FALSE(at::allclose(apart.at(key), tensor, 1e-5, 1e-7)) << key;
  }
}

// As Lightning: the last batches of an epoch are divided by the full number all the same.
TEST(GradientAccumulationTest, TheLastBatchOfAnEpochMakesAnUpdate) {
  GradientAccumulation accumulation(4, 1);
  EXPECT_FALSE(accumulation.add({{at::ones({1})}}, false));
  EXPECT_TRUE(accumulation.add({{at::ones({1})}}, true));
  EXPECT_EQ(accumulation.take()[0][0].item<double>(), 2);
  EXPECT_FALSE(accumulation.add({{at::ones({1})}}, false));
  EXPECT_EQ(accumulation.take()[0][0].item<double>(), 1);
}

TEST(GradientAccumulationTest, AParameterThatOneBatchDoesNotReachKeepsTheOthersGradient) {
  GradientAccumulation accumulation(3, 1);
  accumulation.add({{at::Tensor(), at::Tensor()}}, false);
  accumulation.add({{at::ones({1}), at::Tensor()}}, false);
  EXPECT_TRUE(accumulation.add({{at::Tensor(), at::Tensor()}}, false));
  const auto sums = accumulation.take();
  EXPECT_EQ(sums[0][0].item<double>(), 1);
  EXPECT_FALSE(sums[0][1].defined());
}

TEST(GradientAccumulationTest, LoopsByHandAreRefused) {
  SmallRun small;
  small.optimize("SGD", small.loss, {});
  small.set("accumulate_grad_batches", whole(2));
  TrainingEvents events;
  EXPECT_NE(error_of(Fault::usage,
                     [&] { TrainingRun(small.runtime, small.graph, small.manager(), events, {}, true); })
                .find("accumulate_grad_batches is for manager:run()"),
            std::string::npos);
}

}  // namespace
}  // namespace orrery
