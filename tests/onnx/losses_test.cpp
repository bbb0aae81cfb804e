#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

// Scores of 5 classes at 2 × 3 places, and their labels.
void add_scores(OnnxBuilder& model, OnnxDType labels = OnnxDType::int64) {
  model.input("scores", {"N", "5", "2", "3"}).input("labels", {"N", "2", "3"}, labels);
}

TEST(OnnxLossesTest, TheMeanIsTheDefault) {
  OnnxBuilder model(13);
  add_scores(model);
  const auto graph = imported(model, "NegativeLogLikelihoodLoss", {"scores", "labels"});
  EXPECT_EQ(described(*graph), "nll_loss = nll_loss(scores, labels) ()\n");
  EXPECT_EQ(option_of(*graph, "nll_loss", "reduction"), "\"mean\"");
  EXPECT_EQ(option_of(*graph, "nll_loss", "ignore_index"), "-100");
}

TEST(OnnxLossesTest, LossesOfPlacesHaveTheLabelsShape) {
  OnnxBuilder model(13);
  add_scores(model);
  const auto graph = imported(model, "NegativeLogLikelihoodLoss", {"scores", "labels"},
                              {attribute("reduction", "none"), attribute("ignore_index", std::int64_t{-1})});
  EXPECT_EQ(result_in(*graph), "float32 (N, 2, 3)");
  EXPECT_EQ(option_of(*graph, "nll_loss", "ignore_index"), "-1");
}

TEST(OnnxLossesTest, LabelsOfInt32AreWidened) {
  OnnxBuilder model(13);
  add_scores(model, OnnxDType::int32);
  EXPECT_EQ(operations_in(*imported(model, "NegativeLogLikelihoodLoss", {"scores", "labels"})),
            "to, nll_loss");
}

TEST(OnnxLossesTest, ClassesMayHaveWeights) {
  OnnxBuilder model(13);
  add_scores(model);
  model.input("w", {"5"});
  EXPECT_EQ(described(*imported(model, "SoftmaxCrossEntropyLoss", {"scores", "labels", "w"})),
            "cross_entropy = cross_entropy(scores, labels, w) ()\n");
}

TEST(OnnxLossesTest, CrossEntropyMayGiveTheLogProbabilities) {
  OnnxBuilder model(13);
  add_scores(model);
  const auto graph = imported(model, "SoftmaxCrossEntropyLoss", {"scores", "labels"}, {}, {"y", "log_prob"});
  EXPECT_EQ(operations_in(*graph), "log_softmax, nll_loss");
  EXPECT_EQ(option_of(*graph, "log_softmax", "dim"), "1");
  EXPECT_EQ(result_in(*graph, 1), "float32 (N, 5, 2, 3)");
}

TEST(OnnxLossesTest, AnotherReductionIsRefused) {
  OnnxBuilder model(13);
  add_scores(model);
  EXPECT_EQ(
      refusal_of(model, "NegativeLogLikelihoodLoss", {"scores", "labels"},
                 {attribute("reduction", "median")}),
      "'test.onnx': node 'y' (NegativeLogLikelihoodLoss): the attribute 'reduction' must be none, sum or "
      "mean, got 'median'");
}

}  // namespace
}  // namespace orrery::testing
