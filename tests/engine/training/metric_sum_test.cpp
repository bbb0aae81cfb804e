#include "runtime/engine/training/metric_sum.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(MetricSumTest, MeanWeighsBatchesByTheirSamples) {
  MetricSum mean(Metric::Kind::mean);
  mean.add({at::scalar_tensor(1.0)}, 8);
  mean.add({at::scalar_tensor(4.0)}, 2);
  EXPECT_DOUBLE_EQ(mean.value(), (8 * 1.0 + 2 * 4.0) / 10);
}

TEST(MetricSumTest, MeanOfManyNumbersIsTheirMean) {
  MetricSum mean(Metric::Kind::mean);
  mean.add({at::tensor({1.0f, 2.0f, 6.0f})}, 3);
  mean.add({at::tensor({5.0f})}, 1);
  EXPECT_DOUBLE_EQ(mean.value(), 3.5);
}

TEST(MetricSumTest, MeanIsExactOverManySmallNumbers) {
  MetricSum mean(Metric::Kind::mean);
  for (int i = 0; i < 100000; ++i) mean.add({at::scalar_tensor(0.1f)}, 1);
  EXPECT_NEAR(mean.value(), static_cast<double>(0.1f), 1e-12);
}

TEST(MetricSumTest, AccuracyCountsWhereTheLargestScoreIsTheLabel) {
  MetricSum accuracy(Metric::Kind::accuracy);
  const at::Tensor scores = at::tensor({0.1f, 0.9f, 0.8f, 0.2f, 0.3f, 0.7f}).view({3, 2});
  accuracy.add({scores, at::tensor({1, 0, 0}, at::kLong)}, 3);
  accuracy.add({scores.narrow(0, 0, 1), at::tensor({1}, at::kLong)}, 1);
  EXPECT_DOUBLE_EQ(accuracy.value(), 0.75);
}

TEST(MetricSumTest, AccuracyOfMapsCountsEveryPlace) {
  MetricSum accuracy(Metric::Kind::accuracy);
  at::Tensor scores = at::zeros({1, 2, 2, 2});
  scores.select(1, 1).fill_(1);
  accuracy.add({scores, at::tensor({1, 1, 1, 0}, at::kLong).view({1, 2, 2})}, 1);
  EXPECT_DOUBLE_EQ(accuracy.value(), 0.75);
}

TEST(MetricSumTest, NothingGivesNaNAndResetForgets) {
  MetricSum mean(Metric::Kind::mean);
  EXPECT_TRUE(std::isnan(mean.value()));
  mean.add({at::scalar_tensor(3.0)}, 2);
  mean.reset();
  EXPECT_TRUE(std::isnan(mean.value()));
}

TEST(MetricSumTest, KeepsNoRecordedGraph) {
  MetricSum mean(Metric::Kind::mean);
  const at::Tensor p = at::ones({1}).requires_grad_();
  mean.add({p.mul(2).sum()}, 1);
  EXPECT_DOUBLE_EQ(mean.value(), 2);
}

}  // namespace
}  // namespace orrery
