#include <gmock/gmock.h>

#include "tests/engine/kernels/calls.h"

namespace orrery {
namespace {

using NormalizationTest = Calls;

TEST_F(NormalizationTest, OneValueOfAChannelIsRefusedWhileTraining) {
  const LayerPtr norm = layer("BatchNorm1d", {{"num_features", std::int64_t{3}}});
  EXPECT_THAT(
      message_of([&] {
        call(norm, {at::ones({1, 3})});
      }),
      testing::HasSubstr("more than one value per channel while training, got an input of shape (1, 3)"));
  EXPECT_NO_THROW(call(norm, {at::ones({1, 3})}, false));
  EXPECT_NO_THROW(call(norm, {at::ones({2, 3})}));
  EXPECT_NO_THROW(call(norm, {at::ones({1, 3, 2})}));
}

TEST_F(NormalizationTest, CumulativeStatisticsAreTheMeanOfAllBatches) {
  const LayerPtr norm = layer("BatchNorm1d", {{"num_features", std::int64_t{1}}, {"momentum", "cumulative"}});
  for (double mean : {1.0, 2.0, 6.0})
    call(norm, {at::tensor({mean - 1, mean + 1}).to(at::kFloat).view({2, 1})});
  EXPECT_NEAR(owned(norm, "running_mean").item<double>(), 3, 1e-6);
  EXPECT_EQ(owned(norm, "num_batches_tracked").item<std::int64_t>(), 3);
}

TEST_F(NormalizationTest, EvaluationLeavesTheStatisticsAlone) {
  for (const char* kind : {"BatchNorm1d", "InstanceNorm1d"}) {
    const LayerPtr norm = layer(kind, {{"num_features", std::int64_t{2}}, {"track_running_stats", true}});
    const at::Tensor input = at::arange(12, at::kFloat).view({2, 2, 3});
    EXPECT_TRUE(at::allclose(call(norm, {input}, false), input, 1e-4));
    EXPECT_EQ(owned(norm, "running_mean").abs().sum().item<double>(), 0);
    call(norm, {input}, true);
    EXPECT_GT(owned(norm, "running_mean").abs().sum().item<double>(), 0);
  }
}

}  // namespace
}  // namespace orrery
