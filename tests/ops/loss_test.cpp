#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Given kEach = {{"reduction", "none"}};

class ClassLossTest : public testing::TestWithParam<const char*> {};

TEST_P(ClassLossTest, IsOneNumberUnlessEachIsAskedFor) {
  EXPECT_EQ(infer(GetParam(), {floats({N, 10}), labels({N})}).shape(), Shape());
  EXPECT_EQ(infer(GetParam(), {floats({N, 10}), labels({N})}, kEach).shape(), (Shape{N}));
  EXPECT_EQ(infer(GetParam(), {floats({N, 10, 4, 5}), labels({N, 4, 5})}, kEach).shape(), (Shape{N, 4, 5}));
  EXPECT_EQ(infer(GetParam(), {floats({10}), labels({})}, kEach).shape(), Shape());
  EXPECT_EQ(infer(GetParam(), {{{N, 10}, DType::float64}, labels({N})}).dtype(), DType::float64);
}

TEST_P(ClassLossTest, LabelsInAColumnGetASqueeze) {
  const RuleBroken rule = broken(GetParam(), {floats({N, 10}), labels({N, 1})});
  EXPECT_EQ(words(rule), "shape-mismatch: expects class labels of shape (N), got (N, 1)");
  EXPECT_EQ(rule.port, 1);
  EXPECT_EQ(rule.remedy, "Drop the last dimension: label:squeeze(1).");
}

TEST_P(ClassLossTest, LabelsAreOneAPlace) {
  broken(GetParam(), {floats({4, 10}), labels({5})});
  broken(GetParam(), {floats({N, 10, 4}), labels({N, 5})});
  broken(GetParam(), {floats({N, 10, 4}), labels({N})});
  EXPECT_EQ(infer(GetParam(), {floats({N, 10}), labels({M})}).guards.size(), 1u);
}

TEST_P(ClassLossTest, LabelsAreInt64OrBytesForPlainScores) {
  const RuleBroken rule = broken(GetParam(), {floats({N, 10}), {{N}, DType::int32}});
  EXPECT_EQ(words(rule), "dtype-mismatch: expects int64 class labels, got int32");
  EXPECT_EQ(rule.remedy, "Convert them first: label:to(\"int64\").");
  EXPECT_NO_THROW(infer(GetParam(), {floats({N, 10}), {{N}, DType::uint8}}));
  broken(GetParam(), {floats({N, 10, 4}), {{N, 4}, DType::uint8}});
  broken(GetParam(), {floats({N, 10}), floats({N})});
}

TEST_P(ClassLossTest, ScoresAreFloatingAndNoScalar) {
  EXPECT_EQ(broken(GetParam(), {labels({N, 10}), labels({N})}).port, 0);
  EXPECT_EQ(broken(GetParam(), {floats({}), labels({})}).got, "a scalar");
}

INSTANTIATE_TEST_SUITE_P(Losses, ClassLossTest,
                         testing::Values("CrossEntropyLoss", "NLLLoss", "cross_entropy", "nll_loss"));

TEST(LabelledLossTest, TellsThatScoresAndLabelsChangedPlaces) {
  for (const char* loss : {"CrossEntropyLoss", "nll_loss"}) {
    const RuleBroken rule = broken(loss, {labels({N}), floats({N, 10})});
    EXPECT_EQ(words(rule), "integer-input: expects a floating-point input, got int64");
    EXPECT_EQ(rule.remedy, "The scores come first, then the labels.");
    EXPECT_EQ(broken(loss, {labels({N, 10}), labels({N})}).remedy, "Convert it first: x:to(\"float32\").");
  }
}

TEST(ClassWeightTest, ThereIsOneForEachClass) {
  for (const char* loss : {"CrossEntropyLoss", "NLLLoss"}) {
    EXPECT_NO_THROW(infer(loss, {floats({N, 10}), labels({N})}, {{"weight", Shape{10}}}));
    EXPECT_EQ(words(broken(loss, {floats({N, 10}), labels({N})}, {{"weight", Shape{9}}})),
              "option-mismatch: expects a weight of shape (10), one for each class, got (9)");
    broken(loss, {floats({N, 10}), labels({N})}, {{"weight", Shape{1, 10}}});
    const ParameterSpec buffer = parameters(loss, {{"weight", Shape{10}}}).at(0);
    EXPECT_TRUE(buffer.buffer);
    EXPECT_EQ(buffer.shape, (std::vector<std::int64_t>{10}));
    EXPECT_TRUE(parameters(loss, {}).empty());
  }
  for (const char* loss : {"cross_entropy", "nll_loss"}) {
    EXPECT_NO_THROW(infer(loss, {floats({N, 10}), labels({N}), floats({10})}));
    broken(loss, {floats({N, 10}), labels({N}), floats({9})});
  }
}

TEST(MarginOfClassesTest, WantsLabelsOfPlainScores) {
  EXPECT_EQ(infer("MultiMarginLoss", {floats({N, 5}), labels({N})}, kEach).shape(), (Shape{N}));
  EXPECT_EQ(infer("MultiMarginLoss", {floats({5}), labels({})}).shape(), Shape());
  broken("MultiMarginLoss", {floats({N, 5, 6}), labels({N, 6})});
  broken("MultiMarginLoss", {{{N, 5}, DType::float16}, labels({N})});
  error_of(Fault::usage, [] { parameters("MultiMarginLoss", {{"p", integer(3)}}); });
  EXPECT_EQ(infer("MultiLabelMarginLoss", {floats({N, 5}), labels({N, 5})}, kEach).shape(), (Shape{N}));
  broken("MultiLabelMarginLoss", {floats({N, 5}), labels({N})});
  broken("MultiLabelMarginLoss", {floats({N, 5}), floats({N, 5})});
  EXPECT_EQ(infer("MultiLabelSoftMarginLoss", {floats({N, 5}), floats({N, 5})}, kEach).shape(), (Shape{N}));
  broken("MultiLabelSoftMarginLoss", {floats({N, 5}), floats({N, 5})}, {{"weight", Shape{4}}});
}

TEST(CtcLossTest, TargetsLieInRowsOrOneBehindTheOther) {
  const TensorType lengths = labels({N});
  for (const Shape& targets : {Shape{N, 6}, Shape{40}})
    EXPECT_EQ(infer("CTCLoss", {floats({9, N, 5}), labels(targets), lengths, lengths}, kEach).shape(),
              (Shape{N}));
  EXPECT_EQ(infer("CTCLoss", {floats({9, 5}), labels({6}), labels({}), labels({})}, kEach).shape(), Shape());
  broken("CTCLoss", {floats({9, 2, 5}), labels({3, 6}), labels({2}), labels({2})});
  broken("CTCLoss", {floats({9, 2, 5}), labels({2, 6}), labels({3}), labels({2})});
  broken("CTCLoss", {floats({9, 5}), labels({2, 6}), labels({}), labels({})});
  broken("CTCLoss", {floats({9, N, 5}), floats({N, 6}), lengths, lengths});
}

TEST(CtcLossTest, TheBlankIsAClass) {
  const std::vector<TensorType> inputs = {floats({9, 5}), labels({6}), labels({}), labels({})};
  EXPECT_NO_THROW(infer("ctc_loss", inputs, {{"blank", integer(4)}}));
  EXPECT_EQ(broken("ctc_loss", inputs, {{"blank", integer(5)}}).expected,
            "more than 5 classes, as the blank is 5");
}

TEST(ElementLossTest, BothSidesHaveOneShape) {
  for (const char* loss :
       {"L1Loss", "smooth_l1_loss", "HuberLoss", "kl_div", "BCELoss", "binary_cross_entropy_with_logits",
        "PoissonNLLLoss", "soft_margin_loss", "HingeEmbeddingLoss"}) {
    EXPECT_EQ(infer(loss, {floats({N, 3}), floats({N, 3})}, kEach).outputs[0], floats({N, 3})) << loss;
    EXPECT_EQ(infer(loss, {floats({N, 3}), floats({N, 3})}).outputs[0], floats({})) << loss;
    EXPECT_EQ(broken(loss, {floats({N, 3}), floats({N})}).port, 1) << loss;
    EXPECT_EQ(broken(loss, {labels({N, 3}), labels({N, 3})}).code, "integer-input") << loss;
  }
}

TEST(BinaryCrossEntropyTest, LabelsAreConvertedFirst) {
  for (const char* loss : {"BCELoss", "BCEWithLogitsLoss"}) {
    const RuleBroken rule = broken(loss, {floats({N, 3}), labels({N, 3})});
    EXPECT_EQ(words(rule), "dtype-mismatch: expects dtype float32, as its input, got int64");
    EXPECT_EQ(rule.remedy, "Convert it first: x:to(\"float32\").");
  }
}

TEST(BinaryCrossEntropyTest, WeightsSpreadButDoNotEnlarge) {
  const std::vector<TensorType> inputs = {floats({N, 3}), floats({N, 3})};
  for (const char* loss : {"BCELoss", "BCEWithLogitsLoss"}) {
    for (const Shape& weight : {Shape{3}, Shape{1}, Shape{1, 3}, Shape{}})
      EXPECT_NO_THROW(infer(loss, inputs, {{"weight", weight}}));
    broken(loss, inputs, {{"weight", Shape{4}}});
    broken(loss, inputs, {{"weight", Shape{2, 1, 3}}});
  }
  EXPECT_NO_THROW(infer("BCEWithLogitsLoss", inputs, {{"pos_weight", Shape{3}}}));
  broken("BCEWithLogitsLoss", inputs, {{"pos_weight", Shape{2}}});
  EXPECT_EQ(parameters("BCEWithLogitsLoss", {{"weight", Shape{3}}, {"pos_weight", Shape{3}}}).size(), 2u);
}

TEST(GaussianNllLossTest, VariancesAreOneEachOrOneForARow) {
  for (const Shape& var : {Shape{N, 3}, Shape{N, 1}, Shape{N}})
    EXPECT_EQ(infer("GaussianNLLLoss", {floats({N, 3}), floats({N, 3}), floats(var)}, kEach).shape(),
              (Shape{N, 3}));
  EXPECT_EQ(broken("GaussianNLLLoss", {floats({N, 3}), floats({N, 3}), floats({N, 2})}).port, 2);
  broken("GaussianNLLLoss", {floats({N, 3}), floats({N, 3}), floats({})});
}

TEST(KlDivLossTest, AMeanOverTheBatchNeedsABatch) {
  const Given batch = {{"reduction", "batchmean"}};
  EXPECT_EQ(infer("KLDivLoss", {floats({N, 3}), floats({N, 3})}, batch).shape(), Shape());
  broken("KLDivLoss", {floats({}), floats({})}, batch);
}

TEST(VectorLossTest, GivesOneLossAVector) {
  const TensorType vectors = floats({N, 4});
  EXPECT_EQ(infer("MarginRankingLoss", {vectors, vectors, vectors}, kEach).shape(), (Shape{N, 4}));
  EXPECT_EQ(infer("CosineEmbeddingLoss", {vectors, vectors, labels({N})}, kEach).outputs[0], floats({N}));
  EXPECT_EQ(infer("cosine_embedding_loss", {floats({4}), floats({4}), labels({})}).shape(), Shape());
  EXPECT_EQ(infer("TripletMarginLoss", {vectors, vectors, vectors}, kEach).shape(), (Shape{N}));
  broken("MarginRankingLoss", {vectors, vectors, floats({N})});
  broken("CosineEmbeddingLoss", {vectors, vectors, labels({N, 4})});
  broken("CosineEmbeddingLoss", {vectors, floats({N, 5}), labels({N})});
  EXPECT_EQ(broken("TripletMarginLoss", {vectors, vectors, floats({N, 5})}).port, 2);
  broken("TripletMarginLoss", {floats({}), floats({}), floats({})});
}

Given clusters(std::vector<std::int64_t> cutoffs) {
  return {{"in_features", integer(64)}, {"n_classes", integer(100)}, {"cutoffs", list(std::move(cutoffs))}};
}

TEST(AdaptiveLogSoftmaxTest, GivesLogProbabilitiesAndTheirLoss) {
  const Inferred inferred =
      infer("AdaptiveLogSoftmaxWithLoss", {floats({N, 64}), labels({N})}, clusters({10, 30}));
  EXPECT_EQ(inferred.outputs, (std::vector<TensorType>{floats({N}), floats({})}));
  broken("AdaptiveLogSoftmaxWithLoss", {floats({N, 63}), labels({N})}, clusters({10, 30}));
  broken("AdaptiveLogSoftmaxWithLoss", {floats({N, 64}), labels({N, 1})}, clusters({10, 30}));
  EXPECT_EQ(flops("AdaptiveLogSoftmaxWithLoss", {floats({N, 64}), labels({N})}, clusters({10, 30})),
            2 * N * 64 * 12);
}

TEST(AdaptiveLogSoftmaxTest, OwnsAHeadAndTwoMatricesForEachCluster) {
  const auto specs = parameters("AdaptiveLogSoftmaxWithLoss", clusters({10, 30}));
  std::vector<std::string> names;
  for (const ParameterSpec& spec : specs) names.push_back(spec.name);
  EXPECT_EQ(names, (std::vector<std::string>{"head.weight", "tail.0.0.weight", "tail.0.1.weight",
                                             "tail.1.0.weight", "tail.1.1.weight"}));
  EXPECT_EQ(specs[0].shape, (std::vector<std::int64_t>{12, 64}));
  EXPECT_EQ(specs[3].shape, (std::vector<std::int64_t>{4, 64}));
  EXPECT_EQ(specs[4].shape, (std::vector<std::int64_t>{70, 4}));
}

TEST(AdaptiveLogSoftmaxTest, CutoffsIncreaseWithinTheClasses) {
  EXPECT_NO_THROW(parameters("AdaptiveLogSoftmaxWithLoss", clusters({1, 99})));
  for (const std::vector<std::int64_t>& cutoffs :
       std::vector<std::vector<std::int64_t>>{{}, {10, 10}, {10, 100}, {0}})
    error_of(Fault::usage, [&] { parameters("AdaptiveLogSoftmaxWithLoss", clusters(cutoffs)); });
  error_of(Fault::usage, [] {  // 64 / 4^4 features
    parameters("AdaptiveLogSoftmaxWithLoss", clusters({1, 2, 3, 4}));
  });
}

TEST(CrossEntropyLossTest, TakesProbabilitiesShapedLikeTheScores) {
  EXPECT_EQ(infer("CrossEntropyLoss", {floats({N, 10, 4}), floats({N, 10, 4})}, kEach).shape(),
            (Shape{N, 4}));
  EXPECT_EQ(infer("CrossEntropyLoss", {floats({N, 10}), {{N, 10}, DType::float64}}).dtype(), DType::float64);
  EXPECT_EQ(broken("CrossEntropyLoss", {floats({N, 10}), floats({N, 9})}).expected,
            "class probabilities of shape (N, 10)");
  EXPECT_EQ(
      broken("CrossEntropyLoss", {floats({N, 10}), floats({N, 10})}, {{"ignore_index", integer(0)}}).code,
      "option-mismatch");
}

TEST(NllLossTest, TakesNoProbabilities) { broken("NLLLoss", {floats({N, 10}), floats({N, 10})}); }

TEST(MseLossTest, WantsOneShapeOnBothSides) {
  EXPECT_EQ(infer("MSELoss", {floats({N, 1}), floats({N, 1})}).shape(), Shape());
  EXPECT_EQ(infer("MSELoss", {floats({N, 1}), floats({N, 1})}, kEach).shape(), (Shape{N, 1}));
  EXPECT_EQ(words(broken("MSELoss", {floats({N, 1}), floats({N})})),
            "shape-mismatch: expects a target of shape (N, 1), like its input, got (N)");
  broken("MSELoss", {floats({N, 1}), floats({N, 2})});
  EXPECT_EQ(infer("MSELoss", {floats({N}), floats({M})}).guards.size(), 1u);
}

TEST(MseLossTest, PromotesButMustEndInFloats) {
  EXPECT_EQ(infer("MSELoss", {floats({N}), labels({N})}).dtype(), DType::float32);
  EXPECT_EQ(infer("MSELoss", {labels({N}), {{N}, DType::float64}}).dtype(), DType::float64);
  EXPECT_EQ(broken("MSELoss", {labels({N}), labels({N})}).code, "integer-input");
}

TEST(LossTest, EveryTargetIsALabelPort) {
  for (const auto& descriptor : operations().all()) {
    if (descriptor->category != Category::loss) continue;
    EXPECT_FALSE(descriptor->inputs[0].label) << descriptor->name;
    for (const Port& port : descriptor->inputs) {
      const bool target = port.name.starts_with("target");
      EXPECT_TRUE(port.label || !target) << descriptor->name << "." << port.name;
    }
  }
}

}  // namespace
}  // namespace orrery
