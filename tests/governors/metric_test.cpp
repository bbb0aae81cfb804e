#include "runtime/governors/metric.h"

#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

class MetricTest : public testing::Test {
 protected:
  std::string refusal(Metric::Kind kind, std::vector<Value> values) {
    const auto findings = findings_of([&] {
      make_metric(kind, "accuracy", std::move(values), {{"train.lua", 7}, ""});
    });
    EXPECT_EQ(findings.size(), 1u);
    return findings.empty() ? "" : findings[0].str();
  }

  Builder b_;
  std::vector<Value> fields_ = b_.digits_input();
  Value flat_ = b_.transform("flatten", {fields_[0]}, {{"start_dim", std::int64_t{1}}});
  Value scores_ = b_.apply(b_.linear(64, 10), {flat_});
};

TEST_F(MetricTest, AccuracyTakesScoresAndLabels) {
  const Metric metric = make_metric(Metric::Kind::accuracy, "accuracy", {scores_, fields_[1]}, {});
  EXPECT_EQ(metric.name, "accuracy");
  EXPECT_EQ(metric.values.size(), 2u);
}

TEST_F(MetricTest, AccuracyRefusesOtherShapesAndTypes) {
  EXPECT_EQ(refusal(Metric::Kind::accuracy, {scores_}),
            "train.lua:7: metric 'accuracy' expects scores and labels, got 1 value");
  EXPECT_EQ(
      refusal(Metric::Kind::accuracy, {fields_[1], scores_}),
      "train.lua:7: metric 'accuracy' expects scores of shape (N, classes) or (N, classes, …), got (N)\n"
      "  The scores come first, then the labels.");
  EXPECT_EQ(refusal(Metric::Kind::accuracy, {scores_, scores_}),
            "train.lua:7: metric 'accuracy' expects integer class labels, got float32\n  The scores come "
            "first, then the labels.");
  EXPECT_EQ(refusal(Metric::Kind::accuracy, {fields_[0], fields_[1]}),
            "train.lua:7: metric 'accuracy' expects labels of shape (N, 8, 8), got (N)");
}

TEST_F(MetricTest, MeanTakesOneFloatingValue) {
  EXPECT_NO_THROW(make_metric(Metric::Kind::mean, "mean", {scores_}, {}));
  refusal(Metric::Kind::mean, {fields_[1]});
  refusal(Metric::Kind::mean, {});
  refusal(Metric::Kind::mean, {scores_, scores_});
}

TEST_F(MetricTest, ValuesAreOfOneGraphAndNotNil) {
  Builder other;
  refusal(Metric::Kind::accuracy, {scores_, other.digits_input()[1]});
  refusal(Metric::Kind::accuracy, {scores_, Value{}});
}

}  // namespace
}  // namespace orrery
