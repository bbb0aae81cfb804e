#include "runtime/governors/metric.h"

#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

using Given = std::vector<Attributes::Entry>;

class MetricTest : public testing::Test {
 protected:
  Metric made(const std::string& kind, std::vector<Value> values, const Given& options = {}) {
    return make_metric(metric_kind(kind), kind, std::move(values), {{"train.lua", 7}, ""}, options);
  }
  std::string refusal(const std::string& kind, std::vector<Value> values, const Given& options = {}) {
    const auto findings = findings_of([&] { made(kind, std::move(values), options); });
    EXPECT_EQ(findings.size(), 1u);
    for (const Finding& finding : findings) EXPECT_EQ(finding.code, "metric-mismatch");
    return findings.empty() ? "" : findings[0].str();
  }

  Builder b_;
  std::vector<Value> fields_ = b_.digits_input();
  Value flat_ = b_.transform("flatten", {fields_[0]}, {{"start_dim", std::int64_t{1}}});
  Value scores_ = b_.apply(b_.linear(64, 10), {flat_});
  Value one_score_ = b_.transform("sum", {scores_}, {{"dim", std::vector<std::int64_t>{1}}});
};

TEST_F(MetricTest, AccuracyTakesScoresAndLabels) {
  const Metric metric = made("accuracy", {scores_, fields_[1]});
  EXPECT_EQ(metric.name, "accuracy");
  EXPECT_EQ(metric.values.size(), 2u);
  EXPECT_EQ(metric.classes, 10);
  EXPECT_FALSE(metric.binary);
}

TEST_F(MetricTest, AccuracyRefusesOtherShapesAndTypes) {
  EXPECT_EQ(refusal("accuracy", {scores_}),
            "train.lua:7: metric 'accuracy' expects scores and labels, got 1 value");
  EXPECT_EQ(
      refusal("accuracy", {fields_[1], scores_}),
      "train.lua:7: metric 'accuracy' expects scores of shape (N, classes) or (N, classes, …), got (N)\n"
      "  The scores come first, then the labels.");
  EXPECT_EQ(refusal("accuracy", {scores_, scores_}),
            "train.lua:7: metric 'accuracy' expects integer class labels, got float32\n  The scores come "
            "first, then the labels.");
  EXPECT_EQ(refusal("accuracy", {fields_[0], fields_[1]}),
            "train.lua:7: metric 'accuracy' expects labels of shape (N, 8, 8), got (N)");
}

TEST_F(MetricTest, ScoresOfTheShapeOfTheLabelsAreBinary) {
  const Metric metric = made("precision", {one_score_, fields_[1]});
  EXPECT_TRUE(metric.binary);
  EXPECT_EQ(metric.classes, 2);
  EXPECT_EQ(metric.number_names("p"), std::vector<std::string>{"p"});
  EXPECT_EQ(refusal("precision", {one_score_, fields_[1]}, {{"average", std::string("macro")}}),
            "train.lua:7: metric 'precision' expects scores of shape (N, classes) or (N, classes, …) with "
            "average, got (N)\n  Scores of the shape of the labels are of one class against the other.");
  refusal("accuracy", {one_score_, fields_[1]}, {{"top_k", std::int64_t{2}}});
  refusal("auroc", {one_score_, fields_[1]}, {{"num_classes", std::int64_t{2}}});
}

TEST_F(MetricTest, TheNumberOfClassesFitsTheScores) {
  EXPECT_EQ(refusal("f1_score", {scores_, fields_[1]}, {{"num_classes", std::int64_t{9}}}),
            "train.lua:7: metric 'f1_score' expects scores of 9 classes, as num_classes says, got (N, 10)");
  EXPECT_EQ(made("f1_score", {scores_, fields_[1]}, {{"num_classes", std::int64_t{10}}}).classes, 10);
  EXPECT_NO_THROW(made("accuracy", {scores_, fields_[1]}, {{"top_k", std::int64_t{10}}}));
  EXPECT_EQ(refusal("accuracy", {scores_, fields_[1]}, {{"top_k", std::int64_t{11}}}),
            "train.lua:7: metric 'accuracy' expects a top_k of at most 10, the number of classes, got 11");
}

TEST_F(MetricTest, ClassesThatNobodyKnowsAreAskedForWhereTheyCount) {
  Builder b;
  const Dim n = Dim::symbol("N"), c = Dim::symbol("C");
  const auto fields = b.graph.input(
      {{{"scores", {{n, c}, DType::float32}, false}, {"label", {{n}, DType::int64}, true}}, {}, "{}"});
  EXPECT_NO_THROW(made("accuracy", fields));
  EXPECT_EQ(refusal("auroc", fields),
            "train.lua:7: metric 'auroc' expects a number of classes that is known, got (N, C)\n"
            "  Give it num_classes.");
  refusal("recall", fields, {{"average", std::string("macro")}});
  refusal("confusion_matrix", fields);
  EXPECT_EQ(made("auroc", fields, {{"num_classes", std::int64_t{3}}}).classes, 3);
}

TEST_F(MetricTest, NumbersOfClassesHaveTheirNamesInBrackets) {
  const Metric each = made("recall", {scores_, fields_[1]}, {{"average", std::string("none")}});
  const auto names = each.number_names("recall");
  ASSERT_EQ(names.size(), 10u);
  EXPECT_EQ(names[0], "recall[0]");
  EXPECT_EQ(names[9], "recall[9]");
  const auto pairs = made("confusion_matrix", {scores_, fields_[1]}).number_names("c");
  ASSERT_EQ(pairs.size(), 100u);
  EXPECT_EQ(pairs[1], "c[0,1]");
  EXPECT_EQ(pairs[99], "c[9,9]");
  EXPECT_EQ(made("recall", {scores_, fields_[1]}).number_names("r"), std::vector<std::string>{"r"});
}

TEST_F(MetricTest, AConfusionMatrixHasAtMostAHundredClasses) {
  const Value hundred = b_.apply(b_.linear(64, 100), {flat_}), more = b_.apply(b_.linear(64, 101), {flat_});
  EXPECT_NO_THROW(made("confusion_matrix", {hundred, fields_[1]}));
  EXPECT_EQ(refusal("confusion_matrix", {more, fields_[1]}),
            "train.lua:7: metric 'confusion_matrix' expects at most 100 classes, got 101\n"
            "  average = \"none\" of precision and recall gives a number a class.");
}

TEST_F(MetricTest, MeanTakesOneFloatingValue) {
  EXPECT_NO_THROW(made("mean", {scores_}));
  EXPECT_EQ(refusal("mean", {fields_[1]}),
            "train.lua:7: metric 'mean' expects a floating-point value, got int64\n"
            "  Convert it first: x:to(\"float32\").");
  EXPECT_EQ(refusal("mean", {}), "train.lua:7: metric 'mean' expects a value, got 0 values");
  refusal("mean", {scores_, scores_});
}

TEST_F(MetricTest, ErrorsTakeFloatingValuesOfOneShape) {
  for (const std::string kind : {"mean_squared_error", "mean_absolute_error", "r2_score"}) {
    EXPECT_NO_THROW(made(kind, {scores_, scores_}));
    EXPECT_EQ(refusal(kind, {scores_, flat_}), "train.lua:7: metric '" + kind +
                                                   "' expects predictions and targets of one shape, got (N, "
                                                   "10) and (N, 64)");
    refusal(kind, {scores_, fields_[1]});
  }
  EXPECT_EQ(refusal("r2_score", {fields_[0], fields_[0]}),
            "train.lua:7: metric 'r2_score' expects values of shape (N) or (N, outputs), got (N, 1, 8, 8)");
}

TEST_F(MetricTest, PerplexityHasTheClassesLast) {
  EXPECT_NO_THROW(made("perplexity", {scores_, fields_[1]}));
  EXPECT_EQ(refusal("perplexity", {fields_[0], fields_[1]}),
            "train.lua:7: metric 'perplexity' expects labels of shape (N, 1, 8), got (N)\n"
            "  The classes are the last dimension.");
  refusal("perplexity", {one_score_, fields_[1]});
  refusal("perplexity", {scores_, one_score_});
}

TEST_F(MetricTest, PicturesAreAsLargeAsHalfTheirWindow) {
  const Given range = {{"data_range", 1.0}};
  const auto with = [&](const std::string& name, AttributeValue value) {
    Given options = range;
    options.push_back({name, std::move(value)});
    return options;
  };
  const std::string ssim = "structural_similarity_index_measure";
  const std::vector<Value> same = {fields_[0], fields_[0]};
  EXPECT_NO_THROW(made(ssim, same, range));
  EXPECT_EQ(refusal(ssim, same, with("sigma", 3.0)),
            "train.lua:7: metric '" + ssim +
                "' expects images of at least 12 by 12, half its window, got (N, 1, 8, 8)");
  EXPECT_EQ(refusal(ssim, same, with("kernel_size", std::int64_t{4})),
            "train.lua:7: metric '" + ssim + "' expects an odd kernel_size, got 4");
  refusal(ssim, {scores_, scores_}, range);
  refusal(ssim, {fields_[1], fields_[1]}, range);
}

TEST_F(MetricTest, NoiseIsOfDimensionsBehindTheSamples) {
  const std::string psnr = "peak_signal_noise_ratio";
  const auto over = [](std::vector<std::int64_t> dims) {
    return Given{{"data_range", 1.0}, {"dim", std::move(dims)}};
  };
  EXPECT_NO_THROW(made(psnr, {scores_, scores_}, over({1})));
  EXPECT_EQ(refusal(psnr, {scores_, scores_}, over({0})),
            "train.lua:7: metric 'peak_signal_noise_ratio' expects dimensions from 1 to 1 as dim, got 0\n"
            "  Dimension 0 holds the samples.");
  refusal(psnr, {scores_, scores_}, over({2}));
}

TEST_F(MetricTest, ValuesAreOfOneGraphAndNotNil) {
  Builder other;
  EXPECT_NE(refusal("accuracy", {scores_, other.digits_input()[1]})
                .find("metric 'accuracy' expects values of one graph, got values of two"),
            std::string::npos);
  EXPECT_NE(refusal("accuracy", {scores_, Value{}})
                .find("metric 'accuracy' expects values of a graph, got nothing"),
            std::string::npos);
}

TEST_F(MetricTest, KindsTellInWhichDirectionTheyGetBetter) {
  EXPECT_TRUE(made("accuracy", {scores_, fields_[1]}).larger_is_better());
  EXPECT_FALSE(made("perplexity", {scores_, fields_[1]}).larger_is_better());
  EXPECT_FALSE(made("define", {scores_}).larger_is_better());
  EXPECT_TRUE(made("define", {scores_}, {{"mode", std::string("max")}}).larger_is_better());
}

TEST_F(MetricTest, AnUnknownKindNamesTheNearest) {
  try {
    metric_kind("f1score");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "there is no metric 'f1score' (did you mean 'f1_score'?)");
  }
}

}  // namespace
}  // namespace orrery
